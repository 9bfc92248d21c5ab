"""`make bench`: every benchmark in one run; fails where a goal is missed."""

import sys

from tests.benchmarks import bench_documents, bench_lists, bench_placement

if __name__ == "__main__":
    sys.exit(max(bench.main() for bench in (bench_documents, bench_placement, bench_lists)))
