package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lab stands in for a test, so that benchmarks can use the furniture of package
// desktest. A failure ends the program: a benchmark that does not work has no
// number.
type lab struct {
	testing.TB // nil; it lends the interface's unexported method
	dir        string
	cleanups   []func()
}

func newLab() *lab {
	dir, err := os.MkdirTemp("", "countersign-bench-")
	must(err)
	return &lab{dir: dir}
}

func (l *lab) close() {
	for _, f := range slices.Backward(l.cleanups) {
		f()
	}
	must(os.RemoveAll(l.dir))
}

// What of testing.TB the furniture uses.

func (l *lab) Helper()                           {}
func (l *lab) Context() context.Context          { return context.Background() }
func (l *lab) Cleanup(f func())                  { l.cleanups = append(l.cleanups, f) }
func (l *lab) Error(args ...any)                 { l.Fatal(args...) }
func (l *lab) Errorf(format string, args ...any) { l.Fatal(fmt.Sprintf(format, args...)) }
func (l *lab) Fatalf(format string, args ...any) { l.Fatal(fmt.Sprintf(format, args...)) }

func (l *lab) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"bench:"}, args...)...)
	os.RemoveAll(l.dir)
	os.Exit(2)
}

func (l *lab) TempDir() string {
	dir, err := os.MkdirTemp(l.dir, "")
	must(err)
	return dir
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// cpu is the CPU time that this process has used: all threads, user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the CPU time in microseconds of one of n operations.
func cpuOf(n int, fn func(i int)) side {
	return func() float64 {
		from := cpu()
		for i := range n {
			fn(i)
		}
		return float64((cpu() - from).Microseconds()) / float64(n)
	}
}

// crowd does n operations with so many clients at once.
func crowd(clients, n int, fn func(i int)) {
	todo := make(chan int, n)
	for i := range n {
		todo <- i
	}
	close(todo)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for i := range todo {
				fn(i)
			}
		})
	}
	all.Wait()
}

// rate is operations a second, by the wall, of n done by so many clients.
func rate(clients, n int, fn func(i int)) side {
	return func() float64 {
		from := time.Now()
		crowd(clients, n, fn)
		return float64(n) / time.Since(from).Seconds()
	}
}

// cpuOfCrowd is the CPU time in microseconds of one of n operations done by so
// many clients.
func cpuOfCrowd(clients, n int, fn func(i int)) side {
	return func() float64 {
		from := cpu()
		crowd(clients, n, fn)
		return float64((cpu() - from).Microseconds()) / float64(n)
	}
}

// p50 is the median wall time in microseconds of n operations, one after another.
func p50(n int, fn func(i int)) side {
	return func() float64 {
		took := make([]float64, n)
		for i := range took {
			from := time.Now()
			fn(i)
			took[i] = float64(time.Since(from).Nanoseconds()) / 1000
		}
		slices.Sort(took)
		return took[n/2]
	}
}
