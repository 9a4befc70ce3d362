package dev.kith.shell;

import dev.kith.shell.remote.Reply;

/** Where replies are shown. */
interface Screen {
    void show(Reply reply);
}
