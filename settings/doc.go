// Package settings is the one typed place for what an administrator or a person can set about
// the app on this device, and knows of every value where it came from.
//
// From strongest to weakest:
//
//  1. managed policy (Linux: /etc/beside/policy.d/*.json, in the order of their names, a later
//     file over an earlier one), which is locked;
//  2. the command line;
//  3. the environment, BESIDE_…;
//  4. the person's own file;
//  5. the "defaults" of managed policy, which a person may change;
//  6. what is built in.
//
// What is locked wins over everything, in every build. Rights are the exception that only ever
// takes away: the device's ceiling is what managed policy names, and the person's own file can
// narrow it but not widen it. Some keys are for managed policy alone.
//
// Whatever is wrong in any source is an error, and Load gives all of them at once: a policy that
// cannot be read might be the one that forbids.
package settings
