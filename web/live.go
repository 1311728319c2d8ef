package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// live tells open staff pages that something changed. It sends named events with
// an id and a version, never content: each page fetches its own fragment, so
// every viewer's rights are checked (design.md rule 11).
type live struct {
	desk    *desk.Desk
	wake    chan struct{}
	mu      sync.Mutex
	viewers map[chan liveEvent]string // session id
	seq     int64                     // entries up to here were told
	done    chan struct{}
	once    sync.Once
}

// liveEvent is one named event.
type liveEvent struct {
	name string
	seq  int64
}

func newLive(d *desk.Desk) *live {
	l := &live{desk: d, wake: make(chan struct{}, 1), viewers: map[chan liveEvent]string{}, done: make(chan struct{})}
	go l.run()
	return l
}

func (l *live) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *live) close() { l.once.Do(func() { close(l.done) }) }

// run looks for new entries when nudged, and every two seconds for those of
// other processes.
func (l *live) run() {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-l.wake:
		case <-tick.C:
		}
		l.look()
	}
}

func (l *live) look() {
	l.mu.Lock()
	watched := len(l.viewers) > 0
	since := l.seq
	l.mu.Unlock()
	if !watched {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	head, tickets, err := l.desk.ChangedSince(ctx, since)
	if err != nil || head == since {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq = head
	l.tell(liveEvent{"queue", head})
	for _, id := range tickets {
		l.tell(liveEvent{"ticket-" + id, head})
	}
}

// tell hands an event to every viewer; one that does not read loses it and will
// catch up with the next.
func (l *live) tell(e liveEvent) {
	for v := range l.viewers {
		select {
		case v <- e:
		default:
		}
	}
}

// join adds a viewer; a session has at most maxStreams.
func (l *live) join(session string) (chan liveEvent, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, s := range l.viewers {
		if s == session {
			n++
		}
	}
	if n >= maxStreams {
		return nil, false
	}
	v := make(chan liveEvent, 64)
	l.viewers[v] = session
	return v, true
}

func (l *live) leave(v chan liveEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.viewers, v)
}

// events is the stream of one page. It ends with the session's next idle check:
// the browser reconnects and is checked again. It is refused to whom no role
// counts for: when something happens is no stranger's business.
func (s *Server) events(c echo.Context) error {
	session := actor(c).Session
	who, err := s.Desk.Whoami(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	if len(who.Counting(s.Now())) == 0 {
		return recovery.NeedRole(recovery.Agent)
	}
	v, ok := s.live.join(session)
	if !ok {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer s.live.leave(v)
	w := c.Response()
	w.Header().Set(echo.HeaderContentType, "text/event-stream")
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift the write deadline: %w", err)
	}
	w.WriteHeader(http.StatusOK)
	fmt.Fprint(w, "retry: 2000\n\n")
	w.Flush()
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-s.live.done:
			return nil
		case e := <-v:
			_, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %d\n\n", e.seq, e.name, e.seq)
		case <-beat.C:
			if live, liveErr := s.Desk.SessionLives(c.Request().Context(), session); liveErr != nil || !live {
				return nil
			}
			_, err = fmt.Fprint(w, ": beat\n\n")
		}
		if err != nil {
			return nil
		}
		w.Flush()
	}
}
