package dev.kith.images;

import dev.kith.embed.InputKind;
import dev.kith.embed.ModelInfo;
import dev.kith.service.Caller;
import dev.kith.service.Command;
import dev.kith.service.Service;
import dev.kith.vectors.Rejection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The models whose images can be kept: by their own names, and by those that the configuration has them served under.
 * Each name has a collection of its own. A model's aliases are names of other doors. Safe on any thread.
 */
public final class ImageModels {
    /** The one model of the original: clients may name it, and restore into it, before it is installed. */
    private static final ImageModel ORIGINAL = new ImageModel("vit_b32", 512);

    private static final Caller OURSELVES = new Caller(Caller.TENANT_DEFAULT, LocalGallery.NAMESPACE);

    private final Service service;

    public ImageModels(Service service) {
        this.service = service;
    }

    /** The original's, and every installed model that makes one vector of an image. */
    public List<String> names() {
        Set<String> names = new LinkedHashSet<>(Set.of(ORIGINAL.name()));
        for (ModelInfo model : service.handle(OURSELVES, new Command.ListModels())) {
            if (makesOneOfAnImage(model) && model.installed()) {
                names.add(model.name());
                names.addAll(model.served());
            }
        }
        return List.copyOf(names);
    }

    /** The model of exactly this name; NOT_FOUND where there is none. */
    public ImageModel require(String name) {
        return service.handle(OURSELVES, new Command.FindModel(name))
                .filter(model -> model.name().equals(name) || model.served().contains(name))
                .filter(model -> makesOneOfAnImage(model) && (model.installed() || name.equals(ORIGINAL.name())))
                .map(model -> new ImageModel(name, model.dimension()))
                .or(() ->
                        Optional.of(ORIGINAL).filter(original -> original.name().equals(name)))
                .orElseThrow(() -> new Rejection(Rejection.Code.NOT_FOUND, "Model %s not found".formatted(name)));
    }

    private static boolean makesOneOfAnImage(ModelInfo model) {
        return model.takes(InputKind.IMAGE) && !model.several();
    }
}
