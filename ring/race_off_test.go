//go:build !race

package ring

const shallower = 0
