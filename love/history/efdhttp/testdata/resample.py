"""Writes resample.json: what pandas makes of samples (pip install pandas).

python3 resample.py > resample.json
"""

import json
import math

import pandas

START = pandas.Timestamp("2026-03-13T23:58:26.535897", tz="UTC")
OFFSETS = [0.0, 0.25, 1.464103, 3.5, 33.464103, 93.464102, 93.464103, 93.464104, 400.0, 401.0, 4000.125, 9000.0]
VALUES = [1.5, 2.5, -3.25, None, 1e300, 7.0, 8.0, 9.0, None, None, 0.1, 123456789.125]
RULES = ["1min", "30s", "1h", "1D", "1min30s", "1.5min", "5min", "h", "500ms", "12h", "1 Min"]

times = [START + pandas.Timedelta(microseconds=round(o * 1e6)) for o in OFFSETS]
frame = pandas.DataFrame({"x": [math.nan if v is None else v for v in VALUES]}, index=pandas.DatetimeIndex(times))
rules = {}
for rule in RULES:
    column = frame.resample(rule).mean().to_dict()["x"]
    points = [{"ts": str(t), "value": None if math.isnan(v) else v} for t, v in column.items()]
    # What has many empty bins is kept short: its length, and what is not empty.
    rules[rule] = {"bins": len(points), "points": [p for p in points if len(points) < 200 or p["value"] is not None]}
samples = [{"time": t.isoformat(), "value": v} for t, v in zip(times, VALUES)]
text = json.dumps({"pandas": pandas.__version__, "samples": samples, "rules": rules})
print(text.replace('{"ts"', '\n{"ts"').replace('{"time"', '\n{"time"').replace('{"bins"', '\n{"bins"'))
