-- What a kept trace stands for can fall after it was stored: an error that comes late makes it one of a kind that is kept whole.
-- Every row says at most how much it stands for (infinity: it says nothing); read least(weight, weight_at_most), and the same of the threshold.
ALTER TABLE traces ADD COLUMN IF NOT EXISTS weight_at_most SimpleAggregateFunction(min, Float64) DEFAULT inf;
ALTER TABLE traces ADD COLUMN IF NOT EXISTS threshold_at_most SimpleAggregateFunction(min, UInt64) DEFAULT 72057594037927936;
