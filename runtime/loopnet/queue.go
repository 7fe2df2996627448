package loopnet

// A queue is first in, first out. It lets go of its memory when it is empty and
// has grown, since most connections are idle most of the time.
type queue[T any] struct {
	ring []T // its length is a power of two, or zero
	head int
	n    int
}

const keptQueue = 4

func (q *queue[T]) push(v T) {
	if q.n == len(q.ring) {
		ring := make([]T, max(keptQueue, 2*len(q.ring)))
		n := copy(ring, q.ring[q.head:])
		copy(ring[n:], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	*q.at(q.n) = v
	q.n++
}

// pop removes the oldest element. The queue must not be empty.
func (q *queue[T]) pop() T {
	var zero T
	p := q.at(0)
	v := *p
	*p = zero
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	if q.n == 0 && len(q.ring) > keptQueue {
		q.ring, q.head = nil, 0
	}
	return v
}

// at returns the place of the i-th oldest element.
func (q *queue[T]) at(i int) *T {
	return &q.ring[(q.head+i)&(len(q.ring)-1)]
}
