package pool

// A queue has tasks in the order of their keys. Those without a priority come
// in that order anyway, so a list does; the others are in a heap beside it.
type queue struct {
	list taskList
	heap []*Task
}

// inList is the index of a task that is in the list.
const inList = -1

func (q *queue) push(t *Task) {
	if t.priority == 0 {
		t.index = inList
		q.list.push(t)
		return
	}
	q.heap = append(q.heap, t)
	q.up(len(q.heap) - 1)
}

// peek returns the first task, nil if there is none.
func (q *queue) peek() *Task {
	t := q.list.head
	if len(q.heap) > 0 && (t == nil || q.heap[0].key < t.key) {
		t = q.heap[0]
	}
	return t
}

func (q *queue) remove(t *Task) {
	if t.index == inList {
		q.list.remove(t)
		return
	}
	i, last := int(t.index), len(q.heap)-1
	q.heap[i] = q.heap[last]
	q.heap[last] = nil
	q.heap = q.heap[:last]
	if i < last {
		q.down(i)
		q.up(i)
	}
}

func (q *queue) up(i int) {
	for t := q.heap[i]; ; {
		parent := (i - 1) / 2
		if i == 0 || q.heap[parent].key <= t.key {
			q.heap[i], t.index = t, int32(i)
			return
		}
		q.heap[i] = q.heap[parent]
		q.heap[i].index = int32(i)
		i = parent
	}
}

func (q *queue) down(i int) {
	for t := q.heap[i]; ; {
		c := 2*i + 1
		if c+1 < len(q.heap) && q.heap[c+1].key < q.heap[c].key {
			c++
		}
		if c >= len(q.heap) || t.key <= q.heap[c].key {
			q.heap[i], t.index = t, int32(i)
			return
		}
		q.heap[i] = q.heap[c]
		q.heap[i].index = int32(i)
		i = c
	}
}

// taskList is a first-in first-out list that its tasks link themselves, so that
// queueing allocates nothing and a cancelled task leaves the middle at once.
type taskList struct {
	head, tail *Task
}

func (l *taskList) push(t *Task) {
	t.prev, t.next = l.tail, nil
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

func (l *taskList) remove(t *Task) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
}
