using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Tls;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>Log records by OTLP/HTTP with JSON bodies (OTLP 1.x): a batch is taken when the collector answers 200.</summary>
internal sealed partial class OtlpLogs : IAuditTarget
{
    private const int MaxReplyBytes = 64 * 1024;
    private const int Info = 9;
    private const int Warn = 13;

    private readonly Uri _uri;
    private readonly HttpClient _http;
    private readonly ILogger _log;

    public OtlpLogs(AuditExportOptions options, ILogger log)
    {
        _log = log;
        _uri = new Uri($"{options.Target.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/logs");
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = AuthorityPolicy.For(options.Authorities) },
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxReplyBytes };
    }

    public async Task SendAsync(IReadOnlyList<AuditExportLine> lines, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(JsonText.Utf8(Request(lines)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var reply = await _http.PostAsync(_uri, content, cancel);
            if (reply.StatusCode != HttpStatusCode.OK)
                throw new IOException($"{_uri} answered {(int)reply.StatusCode}");
            TellRejected(await reply.Content.ReadAsByteArrayAsync(cancel));
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{_uri} cannot be reached: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static JsonObject Request(IReadOnlyList<AuditExportLine> lines) => new()
    {
        ["resourceLogs"] = new JsonArray(new JsonObject
        {
            ["resource"] = new JsonObject
            {
                ["attributes"] = new JsonArray(Text("service.name", "nacre"), Text("service.instance.id", lines[0].Chain)),
            },
            ["scopeLogs"] = new JsonArray(new JsonObject
            {
                ["scope"] = new JsonObject { ["name"] = "nacre.audit" },
                ["logRecords"] = new JsonArray([.. lines.Select(Record)]),
            }),
        }),
    };

    private static JsonNode Record(AuditExportLine line)
    {
        var record = new JsonObject
        {
            ["severityNumber"] = line.IsWarning ? Warn : Info,
            ["severityText"] = line.IsWarning ? "WARN" : "INFO",
            ["body"] = new JsonObject { ["stringValue"] = line.Json },
            ["attributes"] = new JsonArray(
                Text("nacre.audit.action", line.Action),
                Attribute("nacre.audit.seq", "intValue", line.Sequence.ToString(CultureInfo.InvariantCulture))),
        };
        if (line.At is { } at)
            record["timeUnixNano"] = (at.ToUnixTimeMilliseconds() * 1_000_000).ToString(CultureInfo.InvariantCulture);
        return record;
    }

    private static JsonObject Text(string key, string value) => Attribute(key, "stringValue", value);

    private static JsonObject Attribute(string key, string kind, string value) =>
        new() { ["key"] = key, ["value"] = new JsonObject { [kind] = value } };

    // The protocol says that what was rejected must not be sent again.
    private void TellRejected(byte[] reply)
    {
        try
        {
            using var document = StrictJson.Parse(reply, "otlp.reply", MaxReplyBytes);
            var partial = new JsonFields("otlp.reply", document.RootElement).FindObject("partialSuccess");
            if (partial?.Find("rejectedLogRecords") is { } rejected && rejected.ToString() is not ("0" or ""))
                LogRejected(_log, _uri, rejected.ToString(), partial.Value.FindText("errorMessage", 1024) ?? "");
        }
        catch (MalformedDataException)
        {
            // 200 is the acknowledgement; its body only says more.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Target} rejected {Count} lines of the audit record for good: {Reason}")]
    private static partial void LogRejected(ILogger log, Uri target, string count, string reason);
}
