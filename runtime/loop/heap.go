package loop

// A timerHeap keeps armed timers by deadline, and equal ones by the order in
// which they were armed. It is a heap with four children a node, and the keys
// lie in the slice itself: a sift reads one or two cache lines a level and
// touches no timer but those it moves.
type timerHeap struct {
	keys []timerKey
}

type timerKey struct {
	when int64
	seq  uint64
	t    *Timer
}

func (a *timerKey) less(b *timerKey) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

// push adds t under its when and seq.
func (h *timerHeap) push(t *Timer) {
	h.keys = append(h.keys, timerKey{})
	h.up(len(h.keys)-1, timerKey{t.when, t.seq, t})
}

// remove takes t out, wherever it is. t must be in the heap.
func (h *timerHeap) remove(t *Timer) {
	i, last := t.index, len(h.keys)-1
	t.index = timerIdle
	k := h.keys[last]
	h.keys[last] = timerKey{}
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
	k.t.index = i
}
