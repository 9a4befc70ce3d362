"""Lists WordNet glosses for the embedding bench, once.

    embed_texts.py COUNT

Prints the path of a file with so many glosses, one a line, in the order of the graph bench's set; nothing and status 1
where they cannot be had.
"""

import sys

import graph_data


def main() -> None:
    count = int(sys.argv[1])
    file = graph_data.folder() / f"glosses-{count}.txt"
    if not file.exists():
        try:
            texts = graph_data.glosses()[:count]
        except graph_data.Missing as missing:
            sys.exit(f"bench: {missing}")
        part = file.with_suffix(".part")
        part.write_text("\n".join(texts) + "\n", encoding="utf-8")
        part.rename(file)
    print(file)


if __name__ == "__main__":
    main()
