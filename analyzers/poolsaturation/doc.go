/*
Package poolsaturation defines an analyzer of tasks on worker pools.

# Analyzer poolsaturation

poolsaturation: report tasks that deadlock, occupy or flood a worker pool
*/
package poolsaturation
