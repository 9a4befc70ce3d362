package dev.kith.shell.snapshot;

import dev.kith.shell.language.Model;
import dev.kith.shell.language.Quoted;
import dev.kith.wire.ahnlich.algorithm.nonlinear.NonLinearIndex;
import dev.kith.wire.ahnlich.db.query.CreateStore;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is in a file, from reading it through once: all but the entries, which are counted. */
final class Contents implements Visitor {
    /** A store of a DB. */
    static final class Store {
        private final CreateStore.Builder creation;
        private long entries;

        private Store(StoreName name) {
            creation = CreateStore.newBuilder().setStore(name.name()).setSchema(name.schema());
        }

        /** The request that makes the store where it is not there yet. */
        CreateStore creation() {
            return creation.build();
        }

        int dimension() {
            return creation.getDimension();
        }

        /** Entries with a vector that can be had. */
        long entries() {
            return entries;
        }
    }

    private final Map<StoreName, Store> stores = new LinkedHashMap<>();
    private final List<String> aiStores = new ArrayList<>();
    private final Losses losses;
    private StoreName current = new StoreName("", "");
    private Store store = new Store(current);

    private Contents(Losses losses) {
        this.losses = losses;
    }

    /**
     * Reads the file through.
     *
     * @throws SnapshotException where it is damaged
     */
    static Contents of(Path file, Layout layout, Losses losses) throws IOException {
        Contents contents = new Contents(losses);
        SnapshotReader.read(file, layout, contents);
        return contents;
    }

    Map<StoreName, Store> stores() {
        return stores;
    }

    /** The stores of an AI proxy, as statements that make them. */
    List<String> aiStores() {
        return aiStores;
    }

    long entries() {
        return stores.values().stream().mapToLong(Store::entries).sum();
    }

    @Override
    public void store(StoreName name) {
        current = name;
        store = new Store(name);
        stores.put(name, store);
    }

    @Override
    public void dimension(int dimension) {
        store.creation.setDimension(dimension);
    }

    @Override
    public void predicates(List<String> keys) {
        store.creation.addAllCreatePredicates(keys);
    }

    @Override
    public void index(NonLinearIndex index) {
        store.creation.addNonLinearIndices(index);
    }

    @Override
    public void entry(String id, float[] vector, StoreValue values) {
        if (store.dimension() > 0 && vector.length != store.dimension()) {
            loss("entry %s: %d components in a store of %d".formatted(id, vector.length, store.dimension()));
            return;
        }
        store.entries++;
    }

    @Override
    public void loss(String what) {
        losses.add(current, what);
    }

    @Override
    public void models(String query, String index, boolean original) {
        stores.remove(current);
        aiStores.add("CREATESTORE IF NOT EXISTS %s QUERYMODEL %s INDEXMODEL %s%s SCHEMA %s"
                .formatted(
                        Quoted.name(current.name()),
                        model(query),
                        model(index),
                        original ? " STOREORIGINAL" : "",
                        Quoted.name(current.schema())));
    }

    /** By the name of a Rust variant, such as AllMiniLmL6V2; itself where no model has that. */
    private static String model(String variant) {
        for (Model model : Model.values()) {
            if (model.name().replace("_", "").equals(variant.toUpperCase(Locale.ROOT))) {
                return model.flag();
            }
        }
        return variant;
    }
}
