#ifndef PONDER_COPENSSL_H
#define PONDER_COPENSSL_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros, which Swift does not see.

/// Versions, ciphers and behaviour that hold for every connection of a context. Returns 1, or 0 with an error queued.
static inline int openssl_configure(SSL_CTX *context) {
    // An idle connection keeps no buffers, and a write may be repeated from other memory.
    SSL_CTX_set_mode(
        context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Tickets live with the clients; the server remembers nobody.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                     SSL_OP_PRIORITIZE_CHACHA);
    // Of TLS 1.2 only what has forward secrecy and authenticated encryption; all of TLS 1.3 has.
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
}

/// The one protocol that is spoken inside. A client that knows others only is refused with an alert.
static inline int openssl_choose_http(
    SSL *connection, const unsigned char **chosen, unsigned char *length, const unsigned char *offered,
    unsigned int offered_length, void *context) {
    static const unsigned char http[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    (void)connection;
    (void)context;
    unsigned char *found = NULL;
    if (SSL_select_next_proto(&found, length, http, sizeof http, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// Answers ALPN with HTTP/1.1.
static inline void openssl_speak_http(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, openssl_choose_http, NULL);
}

/// Has a connection go on with the first context whose certificate is of the server that the client named, one of the name itself
/// before one of a whole domain. `contexts` ends with NULL. Without such a name, all stays as it is.
static inline int openssl_choose_certificate(SSL *connection, int *alert, void *contexts) {
    (void)alert;
    const char *name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    const unsigned flags[] = {X509_CHECK_FLAG_NO_WILDCARDS, 0};
    for (int pass = 0; name != NULL && pass < 2; pass++) {
        for (SSL_CTX *const *context = contexts; *context != NULL; context++) {
            if (X509_check_host(SSL_CTX_get0_certificate(*context), name, 0, flags[pass], NULL) == 1) {
                SSL_set_SSL_CTX(connection, *context);
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/// Chooses among contexts by the name that a client asks for. The list must outlive all connections of the context.
static inline void openssl_choose_among(SSL_CTX *context, SSL_CTX *const *contexts) {
    SSL_CTX_set_tlsext_servername_callback(context, openssl_choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context, (void *)contexts);
}

/// Gives no passphrase: a server must not ask for one at a terminal.
static inline int openssl_no_passphrase(char *buffer, int size, int writes, void *context) {
    (void)buffer;
    (void)size;
    (void)writes;
    (void)context;
    return -1;
}

/// Has encrypted private keys refused instead of a passphrase asked for.
static inline void openssl_ask_nobody(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, openssl_no_passphrase);
}

/// Names the server that is to be reached, in the clear, so that it can choose a certificate.
static inline long openssl_set_server_name(SSL *connection, const char *name) {
    return SSL_set_tlsext_host_name(connection, name);
}

/// An end of the connection in memory: what is there is read, and when nothing is, more may come.
static inline BIO *openssl_memory(void) {
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory != NULL) {
        BIO_set_mem_eof_return(memory, -1);
    }
    return memory;
}

#endif
