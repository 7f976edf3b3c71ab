# Resource policy: not before a day, not from another day on, and by the server's clock only in office hours (UTC).
package policy

import rego.v1

default allow := false

not_before := time.parse_rfc3339_ns("2026-12-01T00:00:00Z")

not_after := time.parse_rfc3339_ns("2027-12-01T00:00:00Z")

allow if {
	affirmed
	now := time.now_ns()
	now >= not_before
	now < not_after
	[hour, _, _] := time.clock(now)
	hour >= 6
	hour < 18
	not time.weekday(now) in {"Saturday", "Sunday"}
}

# Every part of the machine is affirmed, and there is at least one.
affirmed if {
	count(input.submods) > 0
	every _, submod in input.submods {
		submod["ear.status"] == "affirming"
	}
}
