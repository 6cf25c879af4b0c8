def main(given):
    raise SystemExit("growth: not there yet")
