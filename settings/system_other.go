//go:build unix && !darwin

package settings

// PolicyDir is where managed policy lies.
const PolicyDir = "/etc/beside/policy.d"

// System is this platform's managed policy: PolicyDir, which belongs to root.
func System() Policy { return Dir(PolicyDir, 0) }
