// Package reach counts how many people and devices an assignment reaches, without asking the directory
// for more than a page of each group.
package reach
