import ArgumentParser

/// The flags of `ponder serve` that say what a connection may ask for.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Believe the proxies of this address or network, such as 10.0.0.0/8, or unix, in whom X-Forwarded-For says "
                + "they ask for; give it several times for several. (default: none)",
            valueName: "network"))
    var trustedProxy: [String] = []

    @Option(
        help: ArgumentHelp("How many connections are served at once; more wait. (default: 8192)", valueName: "count"))
    var maxConnections: String?

    @Option(
        help: ArgumentHelp(
            "The largest body of a request, compressed and expanded; a larger one is answered with 413. (default: 32MiB)",
            valueName: "size"))
    var maxBodySize: String?

    @Option(
        help: ArgumentHelp(
            "The largest head of a request; a larger one is answered with 431. (default: 64KiB)", valueName: "size"))
    var maxHeadSize: String?

    @Option(
        help: ArgumentHelp(
            "The longest line of a head; a longer one is answered with 414 or 431. (default: 8KiB)", valueName: "size"))
    var maxLineSize: String?

    @Option(
        help: ArgumentHelp(
            "How many fields a head may have; more are answered with 431. (default: 100)", valueName: "count"))
    var maxFields: String?

    @Option(
        help: ArgumentHelp(
            "How long a connection's first request may take to begin, and a head to come. (default: 10)",
            valueName: "seconds"))
    var headSeconds: String?

    @Option(
        help: ArgumentHelp(
            "In how long a kilobyte of a body has to come; a slower one is answered with 408. (default: 10)",
            valueName: "seconds"))
    var bodySeconds: String?

    @Option(
        help: ArgumentHelp("How long a connection may be idle between requests. (default: 75)", valueName: "seconds"))
    var idleSeconds: String?

    @Option(
        help: ArgumentHelp(
            "How long a client may read nothing of an answer before it counts as gone. (default: 60)",
            valueName: "seconds"))
    var sendSeconds: String?

    @Option(
        help: ArgumentHelp(
            "How many wrong keys an address may bring in a minute before it has to wait. (default: 60)",
            valueName: "count"))
    var wrongKeysPerMinute: String?
}
