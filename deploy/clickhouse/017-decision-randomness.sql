-- R that was compared with the threshold: the trace id's last 7 bytes, unless tracestate or a linked trace told another.
ALTER TABLE decisions ADD COLUMN IF NOT EXISTS randomness UInt64 DEFAULT reinterpretAsUInt64(reverse(substring(toString(trace_id), 10, 7))) AFTER weight;
