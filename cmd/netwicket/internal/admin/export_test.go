package admin

import "github.com/prometheus/client_golang/prometheus"

// SetRoom sets how many strangers' connections there may be, of a server that does
// not listen yet.
func (s *Server) SetRoom(room int) { s.crowd.Room = room }

// Registry is where the metrics are.
func (c *Counters) Registry() *prometheus.Registry { return c.registry }
