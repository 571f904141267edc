package directory

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// Choose filters by text and group, orders by the first word and cuts. of says what words a thing
// is found by, its name first, and what groups it is in. It is for directories that have everything
// at hand.
func Choose[T any](all iter.Seq[T], q Query, of func(T) (words, groups []string)) (list []T, total int) {
	text := strings.ToLower(strings.TrimSpace(q.Text))
	for x := range all {
		words, groups := of(x)
		if q.Group != "" && !slices.Contains(groups, q.Group) {
			continue
		}
		if text != "" && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(w), text) }) {
			continue
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b T) int {
		wa, _ := of(a)
		wb, _ := of(b)
		return cmp.Or(cmp.Compare(strings.ToLower(wa[0]), strings.ToLower(wb[0])), slices.Compare(wa, wb))
	})
	total = len(list)
	list = list[min(max(q.Offset, 0), total):]
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list, total
}
