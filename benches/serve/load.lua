-- wrk requests a list of addresses in order, over all connections. CITYHEART_URLS: a file with one path per line; CITYHEART_HEADER:
-- "Name: value"; CITYHEART_NEXT: the number of addresses to skip at the start.
local requests, at = {}, tonumber(os.getenv("CITYHEART_NEXT") or 0)

function init()
  local headers = {}
  local name, value = (os.getenv("CITYHEART_HEADER") or ""):match("^(.-):%s*(.+)$")
  if name then headers[name] = value end
  for path in io.lines(os.getenv("CITYHEART_URLS")) do requests[#requests + 1] = wrk.format("GET", path, headers) end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %.6f %.4f %.4f %.4f %d %d\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, summary.bytes, failed))
end
