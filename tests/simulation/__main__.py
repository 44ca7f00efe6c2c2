import sys, time
from tests.simulation.books import Database
from tests.simulation.trial import try_seed
db = Database()
for seed in range(int(sys.argv[1]), int(sys.argv[2])):
    t=time.process_time()
    v = try_seed(seed, float(sys.argv[3]) if len(sys.argv)>3 else 1.0, db, print if len(sys.argv)>4 else None)
    print(seed, f"{time.process_time()-t:.3f}", v.trace[:8], v.steps, v.sessions, v.finished, f"{v.seconds:.0f}", dict(v.landed))
    for k, found in v.findings.items():
        for one in found[:5]: print("    ", k, one[:300])
