package loop

// A timerHeap keeps armed timers by deadline, and equal ones by the order in
// which they were armed. It is a heap with four children a node, and the keys
// lie in the slice itself: a sift reads one or two cache lines a level. Keys name
// a timer by its slot, a number that it has while it is armed, so that a sift
// touches no timer, and the collector finds no pointers in what it moves.
type timerHeap struct {
	keys   []timerKey
	places []int32  // index in keys, by slot
	timers []*Timer // by slot; nil if the slot is free
	free   []int32  // free slots
}

type timerKey struct {
	when int64
	seq  uint64
	slot int32
}

func (a *timerKey) less(b *timerKey) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

// len returns the number of timers.
func (h *timerHeap) len() int { return len(h.keys) }

// first returns the timer that is due first. The heap must not be empty.
func (h *timerHeap) first() *Timer { return h.timers[h.keys[0].slot] }

// push adds t under its when and seq.
func (h *timerHeap) push(t *Timer) {
	var slot int32
	if n := len(h.free); n > 0 {
		slot = h.free[n-1]
		h.free = h.free[:n-1]
		h.timers[slot] = t
	} else {
		slot = int32(len(h.timers))
		h.timers = append(h.timers, t)
		h.places = append(h.places, 0)
	}
	t.slot = int(slot)
	h.keys = append(h.keys, timerKey{})
	h.up(len(h.keys)-1, timerKey{t.when, t.seq, slot})
}

// remove takes t out, wherever it is. t must be in the heap.
func (h *timerHeap) remove(t *Timer) {
	i, last := int(h.places[t.slot]), len(h.keys)-1
	h.timers[t.slot] = nil
	h.free = append(h.free, int32(t.slot))
	t.slot = timerIdle
	k := h.keys[last]
	h.keys = h.keys[:last]
	switch {
	case i == last:
	case i > 0 && k.less(&h.keys[(i-1)/4]):
		h.up(i, k)
	default:
		h.down(i, k)
	}
}

// up finds the place of k at i or above.
func (h *timerHeap) up(i int, k timerKey) {
	for i > 0 {
		parent := (i - 1) / 4
		if !k.less(&h.keys[parent]) {
			break
		}
		h.put(i, h.keys[parent])
		i = parent
	}
	h.put(i, k)
}

// down finds the place of k at i or below.
func (h *timerHeap) down(i int, k timerKey) {
	for {
		first := 4*i + 1
		if first >= len(h.keys) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h.keys)); c++ {
			if h.keys[c].less(&h.keys[least]) {
				least = c
			}
		}
		if !h.keys[least].less(&k) {
			break
		}
		h.put(i, h.keys[least])
		i = least
	}
	h.put(i, k)
}

func (h *timerHeap) put(i int, k timerKey) {
	h.keys[i] = k
	h.places[k.slot] = int32(i)
}
