package dev.kith.engine.collection;

/** The end of all points and the start of a new epoch. Answers how many points went. */
record ResetWrite() implements Write.Ending {

    @Override
    public boolean alone() {
        return true;
    }

    @Override
    public boolean prepare(Commit commit) {
        commit.reset();
        return true;
    }
}
