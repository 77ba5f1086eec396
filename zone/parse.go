package zone

// ParseOkta reads network zones.
func ParseOkta(file string, data []byte) (Zones, error) { panic("stub") }

// ParseOktaRules reads the rules of one policy.
func ParseOktaRules(file string, data []byte) (RuleSet, error) { panic("stub") }

// ParseThreatInsight reads a ThreatInsight configuration.
func ParseThreatInsight(file string, data []byte) (ThreatInsight, error) { panic("stub") }

// ParseFeed reads a netset.
func ParseFeed(file string, data []byte) (Feed, error) { panic("stub") }

// ParseSailPoint reads a network configuration.
func ParseSailPoint(file string, data []byte) (NetworkConfig, error) { panic("stub") }

// ParseAuthProfile reads an authentication profile.
func ParseAuthProfile(file string, data []byte) (AuthProfile, error) { panic("stub") }

// ParseOverlay reads an overlay.
func ParseOverlay(file string, data []byte) (Overlay, error) { panic("stub") }
