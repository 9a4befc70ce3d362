package dev.kith.shell.language;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The first word of each statement, with its form and one sentence for help. The name is the word, in any case. */
public enum Verb {
    PING(Optional.empty(), "Asks whether the server answers.", "PING"),
    INFOSERVER(Optional.empty(), "Shows address, version, type and memory of the server.", "INFOSERVER"),
    LISTCLIENTS(Optional.empty(), "Lists the open connections.", "LISTCLIENTS"),
    CLUSTERINFO(Optional.of(Agent.DB), "Lists the nodes.", "CLUSTERINFO"),
    LISTSTORES(Optional.empty(), "Lists the stores of a schema; of public without one.", "LISTSTORES [SCHEMA name]"),
    GETSTORE(Optional.empty(), "Shows one store.", "GETSTORE store [SCHEMA name]"),
    CREATESTORE(
            Optional.empty(),
            "Makes a store. An index is kdtree, hnsw, or hnsw {distance: cosine, ef_construction: 200, "
                    + "maximum_connections: 16, maximum_connections_zero: 32} with any of these left out.",
            """
            DB  CREATESTORE [IF NOT EXISTS] store DIMENSION n [PREDICATES (key, ..)]
                [NONLINEARALGORITHMINDEX (index, ..)] [SCHEMA name]
            AI  CREATESTORE [IF NOT EXISTS] store QUERYMODEL model INDEXMODEL model [PREDICATES (key, ..)]
                [NONLINEARALGORITHMINDEX (index, ..)] [STOREORIGINAL] [SCHEMA name]"""),
    DROPSTORE(Optional.empty(), "Deletes a store and all in it.", "DROPSTORE store [IF EXISTS] [SCHEMA name]"),
    DROPSCHEMA(Optional.empty(), "Deletes a schema and all its stores.", "DROPSCHEMA name"),
    CLEARSTORE(
            Optional.empty(), "Deletes all entries of a store and keeps the store.", "CLEARSTORE store [SCHEMA name]"),
    PURGESTORES(Optional.of(Agent.AI), "Deletes all stores.", "PURGESTORES"),
    CREATEPREDINDEX(
            Optional.empty(), "Indexes keys for conditions.", "CREATEPREDINDEX (key, ..) IN store [SCHEMA name]"),
    DROPPREDINDEX(
            Optional.empty(),
            "Removes indexes of keys; data stays.",
            "DROPPREDINDEX [IF EXISTS] (key, ..) IN store [SCHEMA name]"),
    CREATENONLINEARALGORITHMINDEX(
            Optional.empty(),
            "Builds a kdtree or hnsw index; hnsw may have settings, see CREATESTORE.",
            "CREATENONLINEARALGORITHMINDEX (index, ..) IN store [SCHEMA name]"),
    DROPNONLINEARALGORITHMINDEX(
            Optional.empty(),
            "Removes such indexes; data stays.",
            "DROPNONLINEARALGORITHMINDEX [IF EXISTS] (kdtree, hnsw) IN store [SCHEMA name]"),
    SET(
            Optional.empty(),
            "Stores entries; what has the same key is replaced. A value is text, \"text in quotes\", or bytes in "
                    + "hexadecimal: /x.. an image, /a.. a sound.",
            """
            DB  SET (([0.1, -2e-3], {key: value, ..}), ..) IN store [SCHEMA name]
            AI  SET (([text], {key: value, ..}), ..) IN store [SCHEMA name]
                PREPROCESSACTION nopreprocessing|modelpreprocessing [EXECUTIONPROVIDER name]"""),
    GETKEY(
            Optional.empty(),
            "Gets entries by key: [0.1, 0.2] (DB) or [text] (AI).",
            "GETKEY (key, ..) IN store [SCHEMA name]"),
    DELKEY(Optional.empty(), "Deletes entries by key.", "DELKEY (key, ..) IN store [SCHEMA name]"),
    GETPRED(Optional.empty(), "Gets the entries that match a condition.", "GETPRED (condition) IN store [SCHEMA name]"),
    DELPRED(
            Optional.empty(),
            "Deletes the entries that match a condition.",
            "DELPRED (condition) IN store [SCHEMA name]"),
    GETSIMN(
            Optional.empty(),
            "Finds the n closest entries. An algorithm is euclideandistance, dotproductsimilarity, cosinesimilarity, "
                    + "kdtree or hnsw; the last two need their index.",
            """
            GETSIMN n WITH key USING algorithm IN store [SCHEMA name] [WHERE (condition)]
                AI also takes [PREPROCESSACTION ..] [EXECUTIONPROVIDER ..]"""),
    UPSERT(Optional.empty(), "Changes the one entry that matches the condition; NONE keeps that half.", """
            DB  UPSERT (vector|NONE, {key: value, ..}|NONE) WHERE (condition) IN store [MERGE] [SCHEMA name]
            AI  UPSERT ([text]|NONE, {key: value, ..}|NONE) WHERE (condition) IN store
                PREPROCESSACTION .. [EXECUTIONPROVIDER ..] [SCHEMA name]"""),
    LISTSTOREENTRIES(
            Optional.empty(),
            "Shows a page of entries, and the cursor of the next page if there is one.",
            "LISTSTOREENTRIES store [LIMIT n] [CURSOR text] [WHERE (condition)] [SCHEMA name]");

    private final Optional<Agent> only;
    private final String form;
    private final String purpose;

    Verb(Optional<Agent> only, String purpose, String form) {
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
