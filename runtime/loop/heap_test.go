package loop

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzTimerHeap does what the input says to a heap and to a sorted slice: a byte
// below 128 pushes a timer of that deadline, one below 192 removes any timer, and
// the others take the first.
func FuzzTimerHeap(f *testing.F) {
	f.Add([]byte{5, 3, 3, 200, 9, 130, 200})
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 150, 140, 200, 200, 200, 1, 1, 1, 180, 255})
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		ops := make([]byte, 300)
		for i := range ops {
			ops[i] = byte(rnd.UintN(220)) // more pushes than removals
		}
		f.Add(ops)
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		var h timerHeap
		var sorted []*Timer
		seq := uint64(0)
		for _, op := range ops {
			switch {
			case op < 128:
				seq++
				timer := &Timer{when: int64(op), seq: seq, slot: timerIdle}
				h.push(timer)
				i, _ := slices.BinarySearchFunc(sorted, timer, func(a, b *Timer) int {
					return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(a.seq, b.seq))
				})
				sorted = slices.Insert(sorted, i, timer)
			case len(sorted) == 0:
			case op < 192:
				i := int(op-128) % len(sorted)
				h.remove(sorted[i])
				if sorted[i].slot != timerIdle {
					t.Fatal("a removed timer still has a slot")
				}
				sorted = slices.Delete(sorted, i, i+1)
			default:
				if h.first() != sorted[0] {
					t.Fatalf("the heap has %d/%d first, want %d/%d",
						h.keys[0].when, h.keys[0].seq, sorted[0].when, sorted[0].seq)
				}
				h.remove(sorted[0])
				sorted = sorted[1:]
			}
			if h.len() != len(sorted) || len(h.timers)-len(h.free) != len(sorted) {
				t.Fatalf("%d timers in the heap and %d slots, %d of them free, want %d",
					h.len(), len(h.timers), len(h.free), len(sorted))
			}
			for i, k := range h.keys {
				if timer := h.timers[k.slot]; timer.slot != int(k.slot) || h.places[k.slot] != int32(i) || k.when != timer.when {
					t.Fatalf("the timer at %d has slot %d, whose place is %d", i, timer.slot, h.places[k.slot])
				}
			}
		}
		for _, timer := range sorted {
			if h.first() != timer {
				t.Fatal("the heap is out of order")
			}
			h.remove(timer)
		}
	})
}
