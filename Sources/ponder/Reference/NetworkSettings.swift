extension Setting {
    /// Of settings that say who may call, how, and what is told of it.
    var networkExplanation: SettingExplanation? {
        switch self {
        case .host:
            SettingExplanation(
                standard: "`127.0.0.1`",
                meaning: """
                    where to listen: an IPv4 or IPv6 address or a host name, also with a port of its own \
                    (`127.0.0.1:8080`, `[::1]:8080`); `0.0.0.0` and `::` listen everywhere; `unix:/run/ponder.sock`, \
                    or a path that ends in `.sock`, is a Unix domain socket. Several: the flag several times, a \
                    list, or text separated by commas
                    """)
        case .port:
            SettingExplanation(
                standard: "`8000`",
                meaning: """
                    0 to 65535, of hosts without a port of their own; 0 lets the system pick, and the start-up line \
                    names it
                    """)
        case .socketPermissions:
            SettingExplanation(
                standard: "`600`: its owner",
                meaning: """
                    three octal digits: who may connect to a Unix domain socket, as who may write to its file
                    """)
        case .tlsCertificate:
            SettingExplanation(
                standard: "none: HTTP without TLS",
                meaning: """
                    a PEM file: the server's certificate, behind it those that lead to its root; or several, see \
                    [TLS](#tls)
                    """)
        case .tlsKey:
            SettingExplanation(
                standard: "it stands in the certificate's file",
                meaning: "a PEM file with the certificate's private key, not encrypted; as many as certificates")
        case .tlsClientAuthority:
            SettingExplanation(
                standard: "none: clients need no certificate",
                meaning: """
                    a PEM file with certificates of authorities; a client must bring a certificate of one of them
                    """)
        case .trustedProxy:
            SettingExplanation(
                standard: "none",
                meaning: """
                    addresses or networks of proxies in front of the server, such as `10.0.0.0/8`, or `unix` for \
                    whoever comes by a Unix domain socket: what they say in `x-forwarded-for` is believed, so that \
                    logs and `wrong-keys-per-minute` go by their clients' addresses
                    """)
        case .maxConnections:
            SettingExplanation(
                standard: "`8192`", meaning: "how many connections are served at once; more wait in the system's queue")
        case .maxBodySize:
            SettingExplanation(
                standard: "`32MiB`",
                meaning: "the largest body of a request, compressed and expanded; a larger one is answered with 413")
        case .maxHeadSize:
            SettingExplanation(
                standard: "`64KiB`", meaning: "the largest head of a request; a larger one is answered with 431")
        case .maxLineSize:
            SettingExplanation(
                standard: "`8KiB`",
                meaning: """
                    the longest line of a head: a longer request line is answered with 414, a longer field with 431
                    """)
        case .maxFields:
            SettingExplanation(
                standard: "`100`", meaning: "how many fields a head may have; more are answered with 431")
        case .headSeconds:
            SettingExplanation(
                standard: "`10`",
                meaning: """
                    how long a connection's first request may take to begin, a TLS handshake included, and each head to \
                    come; a slower head is answered with 408
                    """)
        case .bodySeconds:
            SettingExplanation(
                standard: "`10`",
                meaning: "in how long a kilobyte of a body has to come; a slower one is answered with 408")
        case .idleSeconds:
            SettingExplanation(
                standard: "`75`", meaning: "how long a connection may be idle between requests before it is closed")
        case .sendSeconds:
            SettingExplanation(
                standard: "`60`",
                meaning: """
                    how long a client may take nothing of what is sent to it before its connection is closed and its \
                    reply cancelled
                    """)
        case .compressStreams:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` compresses streamed replies too for clients that accept gzip, each event so that it can \
                    be read at once; whole replies of a kilobyte and more always are. Streams shrink to a third or \
                    less, for some processor time
                    """)
        case .apiKey:
            SettingExplanation(
                standard: "no key is asked for",
                meaning: """
                    one or more keys: the flag several times, a list in the file, or text separated by commas
                    """)
        case .apiKeyFile:
            SettingExplanation(
                standard: "none",
                meaning: "a file with a key on each line, see [below](#keys); read again at SIGHUP")
        case .requestsPerMinute:
            SettingExplanation(
                standard: "`none`",
                meaning: """
                    how many requests each key may send in a minute: those that have a model work. Without keys all \
                    clients together
                    """)
        case .tokensPerMinute:
            SettingExplanation(
                standard: "`none`",
                meaning: "how many tokens of prompts and replies each key may use in a minute")
        case .wrongKeysPerMinute:
            SettingExplanation(
                standard: "`60`",
                meaning: """
                    how many wrong keys an address may bring in a minute; further requests of it are answered with 429 \
                    until a minute's share is there again, but for those with keys that it used before. An IPv6 \
                    address counts by its first 64 bits, and nobody at a Unix domain socket does. Behind a proxy see \
                    `trusted-proxy`. `none` sets no limit
                    """)
        case .allowOrigin:
            SettingExplanation(
                standard: """
                    none: no page of another origin can read an answer, and where no key is asked for its requests \
                    are refused
                    """,
                meaning: """
                    the origins whose web pages may call the server, such as `https://chat.example`, or `*` for all; \
                    the flag several times, a list, or text separated by commas
                    """)
        case .metricsCompat:
            SettingExplanation(
                standard: "none: Ponder's own names",
                meaning: """
                    `vllm`, `llamacpp` or `sglang`: `/metrics` has the names of that server too (docs/metrics.md)
                    """)
        case .logLevel:
            SettingExplanation(
                standard: "`info`",
                meaning: """
                    `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`; logs go to standard error; \
                    lines that it does not take, be a disk full or a reader slow or gone, are lost and counted \
                    (`ponder_log_lines_lost_total`)
                    """)
        case .logFormat:
            SettingExplanation(
                standard: "`text`",
                meaning: """
                    `json`: each message is one JSON object on a line of its own, with `time`, `level`, `message` \
                    and what the message is about; the line of a request has `request_id`, `trace_id` (of its \
                    `traceparent`), `key` (the name of one), `peer`, `route`, `status`, `bytes`, `milliseconds`, and \
                    of replies `model`, `finish_reason`, the counts of tokens and the times in queue, prefill and \
                    decode. No text of prompts or replies is ever logged
                    """)
        case .webPage:
            SettingExplanation(
                standard: "`on`",
                meaning: """
                    `off` has no page at `/` ([web-page.md](web-page.md)); the flags `--no-web-page` and \
                    llama-server's `--no-webui` say the same
                    """)
        case .drainSeconds:
            SettingExplanation(
                standard: "`30`",
                meaning: """
                    how long running replies may go on after SIGTERM or SIGINT; a second signal ends them at once
                    """)
        default: nil
        }
    }
}
