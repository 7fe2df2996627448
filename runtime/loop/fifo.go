package loop

// A fifo is a first-in first-out queue in a ring that only grows, so that a
// queue in steady use allocates nothing.
type fifo[T any] struct {
	ring []T // its length is a power of two, or zero
	head int
	n    int
}

func (q *fifo[T]) push(v T) {
	if q.n == len(q.ring) {
		q.grow()
	}
	*q.at(q.n) = v
	q.n++
}

// pop removes the oldest element. The queue must not be empty.
func (q *fifo[T]) pop() T {
	var zero T
	p := q.at(0)
	v := *p
	*p = zero
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return v
}

// at returns the place of the i-th oldest element.
func (q *fifo[T]) at(i int) *T {
	return &q.ring[(q.head+i)&(len(q.ring)-1)]
}

func (q *fifo[T]) grow() {
	ring := make([]T, max(16, 2*len(q.ring)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}
