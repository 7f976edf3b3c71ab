package policy_test

import data.policy
import rego.v1

token := {"submods": {"cpu0": {"ear.status": "affirming"}}}

allowed_at(text) if {
	at := time.parse_rfc3339_ns(text)
	policy.allow with input as token with time.now_ns as at
}

test_office_hours if allowed_at("2026-12-02T12:00:00Z")

test_night if not allowed_at("2026-12-02T05:59:59Z")

test_evening if not allowed_at("2026-12-02T18:00:00Z")

test_weekend if not allowed_at("2026-12-05T12:00:00Z")

test_too_early if not allowed_at("2026-11-30T12:00:00Z")

test_too_late if not allowed_at("2027-12-01T12:00:00Z")
