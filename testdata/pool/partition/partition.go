// Package partition computes on all of its input in one task.
package partition

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type point struct{ x, y float64 }

type atlas struct {
	loop   *loop.Loop
	pool   *pool.Pool
	points []point
}

// Short tasks run on the loop's pool too.
func (a *atlas) touch(ctx context.Context, name string) {
	loop.QueueFunc(ctx, a.loop, func(context.Context) error {
		return os.WriteFile(name, nil, 0o600) // ok: short
	}, func(error) {})
}

// Every point with every other.
func (a *atlas) nearest(ctx context.Context, points []point, show func([]int, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) ([]int, error) {
		found := make([]int, len(points))
		for i, p := range points { // want `computes on its whole input in one task \(pool-partition\): task of loop.QueueWork`
			best := -1.0
			for j, q := range points {
				if d := (p.x-q.x)*(p.x-q.x) + (p.y-q.y)*(p.y-q.y); i != j && (best < 0 || d < best) {
					best, found[i] = d, j
				}
			}
		}
		return found, nil
	}, show)
}

// The same with a look at the context.
func (a *atlas) nearestWhileWanted(ctx context.Context, points []point, show func([]int, error)) {
	loop.QueueWork(ctx, a.loop, func(ctx context.Context) ([]int, error) {
		found := make([]int, len(points))
		for i, p := range points { // ok: it stops when nobody wants the result
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			best := -1.0
			for j, q := range points {
				if d := (p.x-q.x)*(p.x-q.x) + (p.y-q.y)*(p.y-q.y); i != j && (best < 0 || d < best) {
					best, found[i] = d, j
				}
			}
		}
		return found, nil
	}, show)
}

func (a *atlas) nearestUntilDone(ctx context.Context, points []point, show func(int, error)) {
	loop.QueueWork(ctx, a.loop, func(ctx context.Context) (int, error) {
		pairs := 0
		for _, p := range points { // ok: it stops when nobody wants the result
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			default:
			}
			for _, q := range points {
				if p == q {
					pairs++
				}
			}
		}
		return pairs, nil
	}, show)
}

// A share of the input, and the next one later.
func (a *atlas) nearestInShares(ctx context.Context, points []point, from int, show func(int, error)) {
	const share = 64
	loop.QueueWork(ctx, a.loop, func(context.Context) (int, error) {
		pairs := 0
		for i := 0; i < share; i++ { // ok: 64 of them
			for j := 0; j < share; j++ {
				if points[from+i] == points[from+j] {
					pairs++
				}
			}
		}
		return pairs, nil
	}, show)
}

// Constant work.
func (a *atlas) identity(ctx context.Context, show func([4][4]float64, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) ([4][4]float64, error) {
		var m [4][4]float64
		for i := range 4 { // ok: sixteen numbers
			for j := range 4 {
				if i == j {
					m[i][j] = 1
				}
			}
		}
		return m, nil
	}, show)
}

// Once through it, or little more, in one call.
func (a *atlas) sorted(ctx context.Context, points []point, show func([]point, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) ([]point, error) {
		sort.Slice(points, func(i, j int) bool { return points[i].x < points[j].x }) // ok: sorting
		return points, nil
	}, show)
}

func (a *atlas) decoded(ctx context.Context, data []byte, show func([]point, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) (points []point, err error) {
		err = json.Unmarshal(data, &points) // ok: once through it
		return points, err
	}, show)
}

// Every row with every column.
func (a *atlas) product(ctx context.Context, m, n [][]float64, show func([][]float64, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) ([][]float64, error) {
		out := make([][]float64, len(m))
		for i, row := range m { // want `computes on its whole input in one task \(pool-partition\): task of loop.QueueWork`
			out[i] = make([]float64, len(row))
			for j := range row {
				for k, x := range row {
					out[i][j] += x * n[k][j]
				}
			}
		}
		return out, nil
	}, show)
}

// Every letter with every letter.
func (a *atlas) distance(ctx context.Context, s, t string, show func(int, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) (int, error) {
		row := make([]int, len(t)+1)
		for i := range s { // want `computes on its whole input in one task \(pool-partition\): task of loop.QueueWork`
			last := i
			for j := range t {
				cost := last
				if s[i] != t[j] {
					cost++
				}
				last, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
			}
		}
		return row[len(t)], nil
	}, show)
}

// Until nothing changes any more.
func (a *atlas) settle(ctx context.Context, heights []int, show func([]int, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) ([]int, error) {
		for changed := true; changed; { // want `computes on its whole input in one task \(pool-partition\): task of loop.QueueWork`
			changed = false
			for i := 1; i < len(heights); i++ {
				if heights[i] > heights[i-1]+1 {
					heights[i]--
					changed = true
				}
			}
		}
		return heights, nil
	}, show)
}

// All pairs in a map.
func (a *atlas) overlaps(ctx context.Context, regions map[string][]point, show func(int, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) (int, error) {
		n := 0
		for _, ps := range regions { // want `computes on its whole input in one task \(pool-partition\): task of loop.QueueWork`
			for _, p := range ps {
				if p.x == p.y {
					n++
				}
			}
		}
		return n, nil
	}, show)
}

// The inner loop is in a function of its own.

func closest(p point, points []point) int {
	best := -1
	for i, q := range points {
		if q != p && (best < 0 || q.x < points[best].x) {
			best = i
		}
	}
	return best
}

func (a *atlas) closestOfAll(ctx context.Context, points []point, show func([]int, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) ([]int, error) {
		found := make([]int, len(points))
		for i, p := range points {
			found[i] = closest(p, points) // want `computes on its whole input in one task \(pool-partition\): task of loop.QueueWork`
		}
		return found, nil
	}, show)
}

// In a method, far from the submit.

func (a *atlas) cluster() int {
	pairs := 0
	for i := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of pool.Go -> \(\*atlas\).regroup -> \(\*atlas\).cluster`
		for j := range a.points {
			if a.points[i] == a.points[j] {
				pairs++
			}
		}
	}
	return pairs
}

func (a *atlas) regroup() int { return a.cluster() / 2 }

func (a *atlas) start(ctx context.Context) {
	pool.Go(ctx, a.pool, func(context.Context) (int, error) { return a.regroup(), nil })
	a.pool.TrySubmit(func() { os.Remove("groups") }) // ok: short
}

// The words of a text against a dictionary that was handed in.
func (a *atlas) misspelled(ctx context.Context, text string, dictionary []string) {
	pool.Go(ctx, a.pool, func(context.Context) (int, error) {
		unknown := 0
		for _, word := range strings.Fields(text) { // want `computes on its whole input in one task \(pool-partition\)`
			known := false
			for _, entry := range dictionary {
				known = known || entry == word
			}
			if !known {
				unknown++
			}
		}
		return unknown, nil
	})
}

// A pool for nothing else: no short task waits behind it.

type renderer struct{ pool *pool.Pool }

func newRenderer() *renderer { return &renderer{pool.New(2)} }

func (r *renderer) render(ctx context.Context, points []point) *pool.Future[int] {
	return pool.Go(ctx, r.pool, func(context.Context) (int, error) {
		n := 0
		for _, p := range points { // ok: the only kind of task on this pool
			for _, q := range points {
				if p == q {
					n++
				}
			}
		}
		return n, nil
	})
}

// Once through the input is what a task is for.
func (a *atlas) bounds(ctx context.Context, points []point, show func(point, error)) {
	loop.QueueWork(ctx, a.loop, func(context.Context) (point, error) {
		var most point
		for _, p := range points { // ok: once through it
			most.x, most.y = max(most.x, p.x), max(most.y, p.y)
		}
		return most, nil
	}, show)
}

// It waits in each lap, and computes little.

func header(headers map[string]string) http.Header {
	out := http.Header{}
	for name, value := range headers { // ok: once through it
		out.Set(name, value)
	}
	return out
}

func (a *atlas) download(ctx context.Context, request *http.Request, headers map[string]string) *pool.Future[int] {
	return pool.Go(ctx, a.pool, func(context.Context) (int, error) {
		for done := false; !done; {
			request.Header = header(headers) // ok: until there is an answer
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return 0, err
			}
			done = answer.StatusCode == http.StatusOK
			time.Sleep(time.Second)
		}
		return 0, nil
	})
}

func (a *atlas) downloadAll(ctx context.Context, mirrors [][]string) {
	pool.Go(ctx, a.pool, func(context.Context) (int, error) {
		n := 0
		for _, addresses := range mirrors { // ok: the peers decide how long it takes
			for _, address := range addresses {
				if answer, err := http.Get(address); err == nil {
					n += answer.StatusCode
				}
			}
		}
		return n, nil
	})
}
