package dev.kith.shell.language;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The first word of each statement, with its form and one sentence for help. The name is the word, in any case. */
public enum Verb {
    PING(Optional.empty(), "PING", "Asks whether the server answers."),
    INFOSERVER(Optional.empty(), "INFOSERVER", "Shows address, version, type and memory of the server."),
    LISTCLIENTS(Optional.empty(), "LISTCLIENTS", "Lists the open connections."),
    CLUSTERINFO(Optional.of(Agent.DB), "CLUSTERINFO", "Lists the nodes."),
    LISTSTORES(Optional.empty(), "LISTSTORES [SCHEMA name]", "Lists the stores of a schema; of public without one."),
    GETSTORE(Optional.empty(), "GETSTORE store [SCHEMA name]", "Shows one store."),
    CREATESTORE(
            Optional.empty(),
            """
            DB  CREATESTORE [IF NOT EXISTS] store DIMENSION n [PREDICATES (key, ..)]
                [NONLINEARALGORITHMINDEX (index, ..)] [SCHEMA name]
            AI  CREATESTORE [IF NOT EXISTS] store QUERYMODEL model INDEXMODEL model [PREDICATES (key, ..)]
                [NONLINEARALGORITHMINDEX (index, ..)] [STOREORIGINAL] [SCHEMA name]""",
            "Makes a store. An index is kdtree, hnsw, or hnsw {distance: cosine, ef_construction: 200, "
                    + "maximum_connections: 16, maximum_connections_zero: 32} with any of these left out."),
    DROPSTORE(Optional.empty(), "DROPSTORE store [IF EXISTS] [SCHEMA name]", "Deletes a store and all in it."),
    DROPSCHEMA(Optional.empty(), "DROPSCHEMA name", "Deletes a schema and all its stores."),
    CLEARSTORE(
            Optional.empty(), "CLEARSTORE store [SCHEMA name]", "Deletes all entries of a store and keeps the store."),
    PURGESTORES(Optional.of(Agent.AI), "PURGESTORES", "Deletes all stores."),
    CREATEPREDINDEX(
            Optional.empty(), "CREATEPREDINDEX (key, ..) IN store [SCHEMA name]", "Indexes keys for conditions."),
    DROPPREDINDEX(
            Optional.empty(),
            "DROPPREDINDEX [IF EXISTS] (key, ..) IN store [SCHEMA name]",
            "Removes indexes of keys; data stays."),
    CREATENONLINEARALGORITHMINDEX(
            Optional.empty(),
            "CREATENONLINEARALGORITHMINDEX (index, ..) IN store [SCHEMA name]",
            "Builds a kdtree or hnsw index; hnsw may have settings, see CREATESTORE."),
    DROPNONLINEARALGORITHMINDEX(
            Optional.empty(),
            "DROPNONLINEARALGORITHMINDEX [IF EXISTS] (kdtree, hnsw) IN store [SCHEMA name]",
            "Removes such indexes; data stays."),
    SET(
            Optional.empty(),
            """
            DB  SET (([0.1, -2e-3], {key: value, ..}), ..) IN store [SCHEMA name]
            AI  SET (([text], {key: value, ..}), ..) IN store [SCHEMA name]
                PREPROCESSACTION nopreprocessing|modelpreprocessing [EXECUTIONPROVIDER name]""",
            "Stores entries; what has the same key is replaced. A value is text, \"text in quotes\", or bytes in "
                    + "hexadecimal: /x.. an image, /a.. a sound."),
    GETKEY(
            Optional.empty(),
            "GETKEY (key, ..) IN store [SCHEMA name]",
            "Gets entries by key: [0.1, 0.2] (DB) or [text] (AI)."),
    DELKEY(Optional.empty(), "DELKEY (key, ..) IN store [SCHEMA name]", "Deletes entries by key."),
    GETPRED(Optional.empty(), "GETPRED (condition) IN store [SCHEMA name]", "Gets the entries that match a condition."),
    DELPRED(
            Optional.empty(),
            "DELPRED (condition) IN store [SCHEMA name]",
            "Deletes the entries that match a condition."),
    GETSIMN(
            Optional.empty(),
            """
            GETSIMN n WITH key USING algorithm IN store [SCHEMA name] [WHERE (condition)]
                AI also takes [PREPROCESSACTION ..] [EXECUTIONPROVIDER ..]""",
            "Finds the n closest entries. An algorithm is euclideandistance, dotproductsimilarity, cosinesimilarity, "
                    + "kdtree or hnsw; the last two need their index."),
    UPSERT(Optional.empty(), """
            DB  UPSERT (vector|NONE, {key: value, ..}|NONE) WHERE (condition) IN store [MERGE] [SCHEMA name]
            AI  UPSERT ([text]|NONE, {key: value, ..}|NONE) WHERE (condition) IN store
                PREPROCESSACTION .. [EXECUTIONPROVIDER ..] [SCHEMA name]""", "Changes the one entry that matches the condition; NONE keeps that half."),
    LISTSTOREENTRIES(
            Optional.empty(),
            "LISTSTOREENTRIES store [LIMIT n] [CURSOR text] [WHERE (condition)] [SCHEMA name]",
            "Shows a page of entries, and the cursor of the next page if there is one.");

    private final Optional<Agent> only;
    private final String form;
    private final String purpose;

    Verb(Optional<Agent> only, String form, String purpose) {
        this.only = only;
        this.form = form;
        this.purpose = purpose;
    }

    /** The statement's form, in a line or a few. */
    public String form() {
        return form;
    }

    /** What the statement does. */
    public String purpose() {
        return purpose;
    }

    public boolean isFor(Agent agent) {
        return only.isEmpty() || only.get() == agent;
    }

    /** The verb that the word names, if one does. */
    public static Optional<Verb> of(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        return Arrays.stream(values()).filter(verb -> verb.name().equals(upper)).findFirst();
    }

    /** All verbs of one server. */
    public static List<Verb> of(Agent agent) {
        return Arrays.stream(values()).filter(verb -> verb.isFor(agent)).toList();
    }
}
