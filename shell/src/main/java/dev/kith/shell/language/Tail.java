package dev.kith.shell.language;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** The clauses that follow a statement's fixed part, each at most once and in any order. */
final class Tail {
    enum Clause {
        SCHEMA,
        WHERE,
        IF_EXISTS,
        MERGE,
        LIMIT,
        CURSOR,
        DIMENSION,
        QUERYMODEL,
        INDEXMODEL,
        PREDICATES,
        NONLINEARALGORITHMINDEX,
        STOREORIGINAL,
        PREPROCESSACTION,
        EXECUTIONPROVIDER
    }

    private final Cursor cursor;
    private final Pieces pieces;
    private final Set<Clause> read = EnumSet.noneOf(Clause.class);

    Optional<String> schema = Optional.empty();
    Optional<Condition> where = Optional.empty();
    OptionalInt limit = OptionalInt.empty();
    Optional<String> page = Optional.empty();
    int dimension;
    Model queryModel = Model.ALL_MINI_LM_L6_V2;
    Model indexModel = Model.ALL_MINI_LM_L6_V2;
    List<String> keys = List.of();
    List<Index> indexes = List.of();
    private Processing.Action action = Processing.Action.NOPREPROCESSING;
    private Optional<Processing.Provider> provider = Optional.empty();

    Tail(Cursor cursor, Pieces pieces) {
        this.cursor = cursor;
        this.pieces = pieces;
    }

    /** Takes what comes of the clauses that are allowed; answers itself. */
    Tail read(Clause... allowed) {
        boolean more = true;
        while (more) {
            more = false;
            for (Clause clause : allowed) {
                int start = cursor.position();
                if (take(clause)) {
                    if (!read.add(clause)) {
                        throw cursor.fault(start, clause + " is there twice");
                    }
                    readRest(clause);
                    more = true;
                }
            }
        }
        return this;
    }

    /** Fails when one of the clauses did not come. */
    Tail require(Clause... clauses) {
        for (Clause clause : clauses) {
            if (!read.contains(clause)) {
                throw cursor.expected(clause.name());
            }
        }
        return this;
    }

    boolean has(Clause clause) {
        return read.contains(clause);
    }

    Statement.Store in(Statement.Store store) {
        return new Statement.Store(store.name(), schema);
    }

    Processing processing() {
        return new Processing(action, provider);
    }

    private boolean take(Clause clause) {
        return clause == Clause.IF_EXISTS ? cursor.takeWords("IF", "EXISTS") : cursor.takeWords(clause.name());
    }

    private void readRest(Clause clause) {
        switch (clause) {
            case SCHEMA -> schema = Optional.of(cursor.name("the name of a schema"));
            case WHERE -> where = Optional.of(new Conditions(cursor, pieces).condition());
            case LIMIT -> limit = OptionalInt.of(cursor.smallCount("the limit"));
            case CURSOR -> page = Optional.of(cursor.name("the cursor that a page answered"));
            case DIMENSION -> dimension = cursor.smallCount("the dimension");
            case QUERYMODEL -> queryModel = model();
            case INDEXMODEL -> indexModel = model();
            case PREDICATES -> keys = pieces.list(pieces::key);
            case NONLINEARALGORITHMINDEX -> indexes = new Indexing(cursor, pieces).indexes();
            case PREPROCESSACTION -> action = cursor.choice(Processing.Action.class, "an action");
            case EXECUTIONPROVIDER ->
                provider = Optional.of(cursor.choice(Processing.Provider.class, "an execution provider"));
            case IF_EXISTS, MERGE, STOREORIGINAL -> {}
        }
    }

    private Model model() {
        cursor.skipBlanks();
        int start = cursor.position();
        return Model.of(cursor.choice()).orElseThrow(() -> {
            cursor.moveTo(start);
            return cursor.expected(Model.flags().stream().collect(Collectors.joining(", ", "a model (", ")")));
        });
    }
}
