package dev.kith.shell.language;

import dev.kith.shell.language.Tail.Clause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a line: statements with semicolons between them. Recursive descent over the characters, since what ends a text
 * depends on where it stands. It accepts what the original accepts and means the same by it, apart from words that are
 * written together; {@code docs/shell.md} has the table, and what is new.
 */
public final class Parser {
    /** Longest line; a request of the original's 10 MB, with ten characters for each 32-bit number, fits. */
    public static final int LINE_CHARS_MAX = 32 << 20;

    private final Agent agent;
    private final Cursor cursor;
    private final Pieces pieces;

    private Parser(String line, Agent agent) {
        this.agent = agent;
        this.cursor = new Cursor(line);
        this.pieces = new Pieces(cursor, agent);
    }

    /**
     * The statements of a line, in their order; none for a line without any.
     *
     * @throws SyntaxException where it is not in the language; then nothing of the line counts
     */
    public static List<Statement> parse(String line, Agent agent) {
        if (line.length() > LINE_CHARS_MAX) {
            throw new SyntaxException(LINE_CHARS_MAX, "a line has at most %d characters".formatted(LINE_CHARS_MAX));
        }
        return new Parser(line, agent).statements();
    }

    private List<Statement> statements() {
        List<Statement> statements = new ArrayList<>();
        while (!cursor.atEnd()) {
            if (cursor.takeSign(';')) {
                continue;
            }
            statements.add(statement());
            if (!cursor.atEnd() && !cursor.takeSign(';')) {
                throw cursor.expected("';' or the end of the line");
            }
        }
        return statements;
    }

    private Statement statement() {
        cursor.skipBlanks();
        int start = cursor.position();
        Optional<Verb> verb = Verb.of(cursor.choice());
        if (verb.isEmpty() || !verb.get().isFor(agent)) {
            cursor.moveTo(start);
            throw cursor.expected("a statement of the %s (HELP lists them)".formatted(agent));
        }
        return switch (verb.get()) {
            case PING -> new Statement.Ping();
            case INFOSERVER -> new Statement.InfoServer();
            case LISTCLIENTS -> new Statement.ListClients();
            case CLUSTERINFO -> new Statement.ClusterInfo();
            case PURGESTORES -> new Statement.PurgeStores();
            case LISTSTORES -> new Statement.ListStores(tail().read(Clause.SCHEMA).schema);
            case GETSTORE -> new Statement.GetStore(store());
            case CLEARSTORE -> new Statement.ClearStore(store());
            case DROPSCHEMA -> new Statement.DropSchema(cursor.name("the name of a schema"));
            case DROPSTORE -> dropStore();
            case CREATESTORE -> createStore();
            case CREATEPREDINDEX -> {
                List<String> keys = pieces.list(pieces::key);
                yield new Statement.CreatePredIndex(inStore(), keys);
            }
            case DROPPREDINDEX -> {
                boolean ifExists = cursor.takeWords("IF", "EXISTS");
                List<String> keys = pieces.list(pieces::key);
                yield new Statement.DropPredIndex(inStore(), keys, ifExists);
            }
            case CREATENONLINEARALGORITHMINDEX -> {
                List<Index> indexes = new Indexing(cursor, pieces).indexes();
                yield new Statement.CreateNonLinearIndex(inStore(), indexes);
            }
            case DROPNONLINEARALGORITHMINDEX -> {
                boolean ifExists = cursor.takeWords("IF", "EXISTS");
                List<Index.Kind> kinds = new Indexing(cursor, pieces).kinds();
                yield new Statement.DropNonLinearIndex(inStore(), kinds, ifExists);
            }
            case SET -> set();
            case GETKEY -> {
                List<Key> keys = pieces.list(pieces::entryKey);
                yield new Statement.GetKey(inStore(), keys);
            }
            case DELKEY -> {
                List<Key> keys = pieces.list(pieces::entryKey);
                yield new Statement.DelKey(inStore(), keys);
            }
            case GETPRED -> {
                Condition condition = condition();
                yield new Statement.GetPred(inStore(), condition);
            }
            case DELPRED -> {
                Condition condition = condition();
                yield new Statement.DelPred(inStore(), condition);
            }
            case GETSIMN -> getSimN();
            case UPSERT -> upsert();
            case LISTSTOREENTRIES -> listStoreEntries();
        };
    }

    private Statement dropStore() {
        Statement.Store store = pieces.store();
        Tail tail = tail().read(Clause.IF_EXISTS, Clause.SCHEMA);
        return new Statement.DropStore(tail.in(store), tail.has(Clause.IF_EXISTS));
    }

    private Statement createStore() {
        boolean ifNotExists = cursor.takeWords("IF", "NOT", "EXISTS");
        Statement.Store store = pieces.store();
        Tail tail = tail();
        Statement.Content content = switch (agent) {
            case DB -> {
                tail.read(Clause.DIMENSION, Clause.PREDICATES, Clause.NONLINEARALGORITHMINDEX, Clause.SCHEMA);
                tail.require(Clause.DIMENSION);
                yield new Statement.Content.Vectors(tail.dimension);
            }
            case AI -> {
                tail.read(
                        Clause.QUERYMODEL,
                        Clause.INDEXMODEL,
                        Clause.PREDICATES,
                        Clause.NONLINEARALGORITHMINDEX,
                        Clause.STOREORIGINAL,
                        Clause.SCHEMA);
                tail.require(Clause.QUERYMODEL, Clause.INDEXMODEL);
                boolean original = tail.has(Clause.STOREORIGINAL);
                yield new Statement.Content.Inputs(tail.queryModel, tail.indexModel, original);
            }
        };
        var indexes = new Statement.Indexes(tail.keys, tail.indexes);
        return new Statement.CreateStore(tail.in(store), content, indexes, ifNotExists);
    }

    private Statement set() {
        List<Statement.Entry> entries = pieces.list(pieces::entry);
        cursor.word("IN");
        Statement.Store store = pieces.store();
        Tail tail = tail().read(processed(Clause.SCHEMA));
        if (agent == Agent.AI) {
            tail.require(Clause.PREPROCESSACTION);
        }
        return new Statement.Set(tail.in(store), entries, tail.processing());
    }

    private Statement getSimN() {
        long count = cursor.count("how many");
        cursor.word("WITH");
        Key key = pieces.entryKey();
        cursor.word("USING");
        Statement.Algorithm algorithm = cursor.choice(Statement.Algorithm.class, "an algorithm");
        Tail tail = tail().read(processed());
        cursor.word("IN");
        Statement.Store store = pieces.store();
        tail.read(processed(Clause.SCHEMA, Clause.WHERE));
        return new Statement.GetSimN(tail.in(store), count, key, algorithm, tail.where, tail.processing());
    }

    private Statement upsert() {
        cursor.sign('(');
        Optional<Key> key = cursor.takeWords("NONE") ? Optional.empty() : Optional.of(pieces.entryKey());
        cursor.sign(',');
        int start = cursor.position();
        Optional<Map<String, Value>> values = cursor.takeWords("NONE") ? Optional.empty() : Optional.of(pieces.map());
        if (key.isEmpty() && values.isEmpty()) {
            throw cursor.fault(start, "at least one half is not NONE");
        }
        cursor.sign(')');
        cursor.word("WHERE");
        Condition condition = condition();
        cursor.word("IN");
        Statement.Store store = pieces.store();
        Tail tail = tail();
        switch (agent) {
            case DB -> tail.read(Clause.MERGE, Clause.SCHEMA);
            case AI -> tail.read(processed(Clause.SCHEMA)).require(Clause.PREPROCESSACTION);
        }
        boolean merge = tail.has(Clause.MERGE);
        return new Statement.Upsert(tail.in(store), condition, key, values, merge, tail.processing());
    }

    private Statement listStoreEntries() {
        Statement.Store store = pieces.store();
        Tail tail = tail().read(Clause.LIMIT, Clause.CURSOR, Clause.WHERE, Clause.SCHEMA);
        return new Statement.ListStoreEntries(tail.in(store), tail.limit, tail.page, tail.where);
    }

    private Statement.Store inStore() {
        cursor.word("IN");
        return store();
    }

    private Statement.Store store() {
        Statement.Store store = pieces.store();
        return tail().read(Clause.SCHEMA).in(store);
    }

    private Condition condition() {
        return new Conditions(cursor, pieces).condition();
    }

    private Tail tail() {
        return new Tail(cursor, pieces);
    }

    /** The clauses, and on an AI server those that say how inputs become vectors. */
    private Clause[] processed(Clause... clauses) {
        List<Clause> all = new ArrayList<>(List.of(clauses));
        if (agent == Agent.AI) {
            all.add(Clause.PREPROCESSACTION);
            all.add(Clause.EXECUTIONPROVIDER);
        }
        return all.toArray(Clause[]::new);
    }
}
