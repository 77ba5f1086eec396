package console

import (
	"fmt"
	"net/http"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

func (c *Console) logRoutes() []route {
	return []route{
		{pattern: "GET log", page: "log", handle: c.log},
		{pattern: "POST log-drop", handle: c.logDrop},
		{pattern: "POST log-forget", handle: c.logForget},
	}
}

// logView is the page Log.
type logView struct {
	Limits  uploads.Limits
	Logs    []uploads.Log // of the visitor
	Refused string        // why the last one was not taken
	Log     *uploads.Log  // that is shown
}

func (c *Console) log(w http.ResponseWriter, r *http.Request) {
	view := c.logHome(r)
	status := http.StatusOK
	if id := r.URL.Query().Get("log"); id != "" {
		log, found := c.uploads.Get(visitorOf(r).Name, id)
		if found {
			view.Log = &log
		} else {
			status, view.Refused = http.StatusNotFound, c.english.say("log.forgotten")
		}
	}
	c.show(w, r, status, "log", c.subjects.current(), view)
}

// logHome is the page without a log.
func (c *Console) logHome(r *http.Request) logView {
	return logView{Limits: c.uploads.Limits(), Logs: c.uploads.List(visitorOf(r).Name)}
}

// sizeText is a number of bytes for people.
func sizeText(bytes int64) string {
	const unit = 1024
	if bytes < unit {
		return fmt.Sprintf("%d B", bytes)
	}
	value, names := float64(bytes)/unit, "KMGTPE"
	for value >= unit {
		value, names = value/unit, names[1:]
	}
	if value < 10 && value != float64(int64(value)) {
		return fmt.Sprintf("%.1f %ciB", value, names[0])
	}
	return fmt.Sprintf("%.0f %ciB", value, names[0])
}
