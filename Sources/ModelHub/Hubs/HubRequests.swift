internal import Glibc
internal import HTTPClient

/// How requests are sent, led on, tried again and given up.
extension HubClient {
    private static let redirectLimit = 10
    private static let listingTryLimit = 5
    private static let standardFields = [
        (name: "User-Agent", value: "ponder"), (name: "Accept-Encoding", value: "identity"),
    ]

    /// The body of a small answer, however often it takes to get it.
    func body(of path: String, _ reference: ModelReference) throws(HubError) -> [UInt8] {
        var schedule = RetrySchedule(first: settings.firstWait, limit: Self.listingTryLimit)
        while true {
            do throws(HubFailure) {
                let (_, connection) = try get(path, fields: [], reference, expecting: nil)
                return try HubFailure.wrap { () throws(ClientError) in try connection.collectBody() }
            } catch {
                try wait(&schedule, after: error)
            }
        }
    }

    /// Waits before another try.
    ///
    /// - Throws: ``HubError`` where none may help, the patience is at its end, or somebody ends the wait.
    func wait(_ schedule: inout RetrySchedule, after failure: HubFailure) throws(HubError) {
        switch failure {
        case .final(let error): throw error
        case .again(let reason, let asked):
            if isCancelled() { throw .cancelled }
            guard let wait = schedule.wait(asked: asked) else {
                let request = asked.map { "; it asks to be left alone for \($0.components.seconds) seconds" } ?? ""
                throw HubError("\(reason)\(request)")
            }
            let end = ContinuousClock.now + wait
            while ContinuousClock.now < end {
                if isCancelled() { throw .cancelled }
                usleep(20_000)
            }
        }
    }

    /// Sends a request and follows where it leads.
    ///
    /// - Parameters:
    ///   - path: below the hub's endpoint.
    ///   - fields: of the head.
    ///   - reference: what is asked for, to name in refusals.
    ///   - file: what the hub is about to send, which its head must not contradict.
    /// - Returns: an answer of the 200s, and the connection that its body comes by.
    /// - Throws: ``HubFailure`` for every other answer, and for none.
    func get(
        _ path: String, fields: [(name: String, value: String)], _ reference: ModelReference,
        expecting file: RepositoryFile?
    ) throws(HubFailure) -> (ClientResponse, ClientConnection) {
        let start = ResourceURL(server, path)
        var place = start
        for _ in 0...Self.redirectLimit {
            let connection = ClientConnection(to: place.server, tls: settings.tls, timeout: settings.timeout)
            connection.isCancelled = isCancelled
            do throws(HubError) {
                connection.proxy = try settings.proxies.proxy(for: place.server)
            } catch {
                throw .final(error)
            }
            // The token is the hub's business and nobody else's: a redirect may lead anywhere.
            let own = place.server == start.server ? fields + credentials : fields
            let response = try HubFailure.wrap { () throws(ClientError) in
                try connection.send("GET", place.target, fields: own + Self.standardFields)
            }
            if let file, place == start { try Self.check(response, against: file) }
            guard [301, 302, 303, 307, 308].contains(response.status), let location = response["location"] else {
                if 200..<300 ~= response.status { return (response, connection) }
                // What a hub's storage refuses has nothing to do with the model: a signature that has run out, say.
                guard place.server == start.server else {
                    let asked = RetrySchedule.asked(response["retry-after"])
                    throw .again("\(place.server) answers \(response.status)", after: asked)
                }
                throw refusal(response, reference)
            }
            let next = try HubFailure.wrap { () throws(ClientError) in try place.resolving(location) }
            guard next.server.isSecure || !place.server.isSecure else {
                throw .final(HubError("\(place.server) redirects to a place without TLS, \(next.server)"))
            }
            place = next
        }
        throw .final(HubError("\(server): more than \(Self.redirectLimit) redirects"))
    }

    private var credentials: [(name: String, value: String)] {
        guard let token else { return [] }
        switch hub {
        case .huggingFace: return [(name: "Authorization", value: "Bearer \(token)")]
        // Its older paths go by the cookie, the newer ones by the bearer.
        case .modelScope:
            return [
                (name: "Authorization", value: "Bearer \(token)"), (name: "Cookie", value: "m_session_id=\(token)"),
            ]
        }
    }

    /// What a hub says of a file as it sends it must be what it listed: otherwise the bytes would be fetched in vain.
    private static func check(_ response: ClientResponse, against file: RepositoryFile) throws(HubFailure) {
        guard 200..<400 ~= response.status, let tag = response["x-linked-etag"] else { return }
        var name = tag[...]
        if name.hasPrefix("W/") { name = name.dropFirst(2) }
        guard name == "\"\(file.digest.name)\"" || name == file.digest.name else {
            throw .final(HubError("the hub lists \(file.path) with one digest and sends it with another"))
        }
    }

    /// What an answer that is none means, and what its reader can do about it.
    private func refusal(_ response: ClientResponse, _ reference: ModelReference) -> HubFailure {
        let name = reference.repository
        let code = response["x-error-code"]
        switch response.status {
        case 401, 403:
            return .final(HubError(.forbidden, accessAdvice(name, isGated: code == "GatedRepo")))
        case 404 where code == "RevisionNotFound" || reference.revision != nil:
            let revision = reference.revision ?? "main"
            return .final(HubError(.notFound, "\(name) has no revision '\(revision)', or \(server) has no \(name)"))
        case 404:
            return .final(
                HubError(
                    .notFound,
                    "\(server) has no model '\(name)'; names are case-sensitive, and private ones need a token"))
        case 408, 429, 500, 502, 503, 504:
            let asked = RetrySchedule.asked(response["retry-after"])
            let reason = response.status == 429 ? "it is asked too often" : "it cannot answer now"
            return .again("\(server) answers \(response.status): \(reason)", after: asked)
        case 416:
            return .again("\(server) has no such part of the file")
        default:
            return .final(HubError("\(server) answers \(response.status) for \(name)"))
        }
    }

    private func accessAdvice(_ name: String, isGated: Bool) -> String {
        let variable = hub == .huggingFace ? "HF_TOKEN" : "MODELSCOPE_API_TOKEN"
        if isGated {
            return "\(name) is given only to those who agree to its terms: agree at \(server)/\(name), "
                + "then set \(variable) to a token of the same account"
        }
        guard token == nil else {
            return "\(server) does not give \(name) to this token; check the name, and that the token may read it"
        }
        return "\(server) gives \(name) to nobody without a token: either there is no such model, or it is private; "
            + "set \(variable)"
    }
}

extension HubFailure {
    /// Failures of a connection may be over at the next try; a certificate that does not hold will not get better.
    static func wrap<Value>(_ work: () throws(ClientError) -> Value) throws(HubFailure) -> Value {
        do throws(ClientError) {
            return try work()
        } catch {
            throw error.description.contains("certificate")
                ? .final(HubError("\(error)")) : .again("\(error)")
        }
    }
}

extension HubError {
    static let cancelled = HubError(.cancelled, "cancelled")
}
