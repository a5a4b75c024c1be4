//! What happened when, in buckets of equal width: the numbers behind the timeline charts.
