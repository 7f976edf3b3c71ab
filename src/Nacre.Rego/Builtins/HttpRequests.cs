namespace Nacre.Rego.Builtins;

/// <summary><c>http.send</c>: the request is checked, and refused. A host that wants it registers its own.</summary>
internal static class HttpRequests
{
    private static readonly string[] s_allowed =
    [
        "method", "url", "body", "enable_redirect", "force_json_decode", "force_yaml_decode", "headers", "raw_body", "tls_use_system_certs",
        "tls_ca_cert", "tls_ca_cert_file", "tls_ca_cert_env_variable", "tls_client_cert", "tls_client_cert_file",
        "tls_client_cert_env_variable", "tls_client_key", "tls_client_key_file", "tls_client_key_env_variable",
        "tls_insecure_skip_verify", "tls_server_name", "timeout", "cache", "force_cache", "force_cache_duration_seconds",
        "raise_error", "caching_mode", "max_retry_attempts", "cache_ignored_headers",
    ];

    public static RegoValue Refuse(RegoObject request)
    {
        var unknown = request.Keys.Where(key => key is not RegoString text || !s_allowed.Contains(text.Value)).ToList();
        if (unknown.Count > 0)
            throw new RegoBuiltinException(RegoErrorCode.EvalType, $"operand 1 invalid request parameters(s): {RegoSet.From(unknown)}");

        string[] required = ["method", "url"];
        var missing = required.Where(name => request[name] is null).Select(name => new RegoString(name)).ToList();
        if (missing.Count > 0)
            throw new RegoBuiltinException(RegoErrorCode.EvalType, $"operand 1 missing required request parameters(s): {RegoSet.From(missing)}");

        throw new RegoBuiltinException("the network is off; a host can register this builtin to turn it on") { IsFatal = true };
    }
}
