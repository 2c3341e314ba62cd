internal import HTTPTypes
internal import Sockets

/// Which proxies are believed when they say, by `x-forwarded-for`, for whom they ask. Nobody else is: the field is a stranger's
/// to fill in.
public struct TrustedProxies: Sendable, Hashable {
    private var networks: [NumericAddress.Network] = []
    private var trustsUnixSockets = false

    /// Believes nobody.
    public init() {}

    /// Reads addresses, networks such as `10.0.0.0/8`, and `unix`, which is whoever comes by a Unix domain socket. Nil where one
    /// is none of these.
    public init?(_ names: some Sequence<some StringProtocol>) {
        for name in names {
            if name == "unix" {
                trustsUnixSockets = true
            } else if let network = NumericAddress.Network(name) {
                networks.append(network)
            } else {
                return nil
            }
        }
    }

    /// Whether none is believed.
    public var isEmpty: Bool { networks.isEmpty && !trustsUnixSockets }

    func trusts(_ peer: SocketAddress) -> Bool {
        guard let host = peer.host else { return trustsUnixSockets }
        guard let address = NumericAddress(host) else { return false }
        return networks.contains { $0.contains(address) }
    }
}

/// Has requests that come through proxies count as those of whom the proxies ask for, in logs and wherever addresses count.
public struct ForwardedClients: Middleware {
    private let proxies: TrustedProxies

    private static let name = HTTPField.Name("x-forwarded-for")
    /// More stations are not looked at.
    private static let stationLimit = 32

    /// Believes these proxies.
    public init(_ proxies: TrustedProxies) {
        self.proxies = proxies
    }

    /// Hands on, with the client as the peer.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws {
        var context = context
        if let peer = context.peer, let name = Self.name {
            context.peer = client(behind: peer, stations: request.headers[values: name])
        }
        try await next.respond(to: request, context: context, writer: writer)
    }

    /// The nearest station that is no trusted proxy: what it says of those behind it counts for nothing.
    func client(behind peer: SocketAddress, stations: [String]) -> SocketAddress {
        var client = peer
        let names = stations.flatMap { $0.split(separator: ",") }.suffix(Self.stationLimit)
        for name in names.reversed() {
            guard proxies.trusts(client), let next = Self.address(name) else { break }
            client = next
        }
        return client
    }

    /// Reads an address as proxies write it: some put a port behind it, and brackets around one of IPv6.
    private static func address(_ text: Substring) -> SocketAddress? {
        var name = text.drop { $0 == " " || $0 == "\t" }
        while name.last == " " || name.last == "\t" { name.removeLast() }
        if name.first == "[" {
            name = name.dropFirst().prefix { $0 != "]" }
        } else if name.count(where: { $0 == ":" }) == 1 {
            name = name.prefix { $0 != ":" }
        }
        guard NumericAddress(name) != nil else { return nil }
        return name.contains(":") ? .ipv6(host: String(name), port: 0) : .ipv4(host: String(name), port: 0)
    }
}
