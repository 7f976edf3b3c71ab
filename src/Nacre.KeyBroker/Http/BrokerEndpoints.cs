using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Health;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Telemetry;
using Nacre.Storage;

namespace Nacre.KeyBroker.Http;

/// <summary>
/// Between the web server and the route table: path, authorisation, body, cookie, and the translation of every failure into the error body
/// of the protocol.
/// </summary>
public sealed partial class BrokerEndpoints(
    RouteTable table, AuditTrail trail, RateLimit limit, BrokerMetrics metrics, ServerHealth health, TimeProvider clock,
    ILogger<BrokerEndpoints> log)
{
    private const string CookiePrefix = KbsProtocol.SessionCookie + "=";
    private const string BearerPrefix = "Bearer ";
    private const int MaxSubject = 256;

    public void Map(IApplicationBuilder app) => app.Run(ServeAsync);

    private async Task ServeAsync(HttpContext context)
    {
        KbsReply reply;
        var since = clock.GetTimestamp();
        Route? route = null;
        var from = context.Request.Headers;
        using var span = BrokerTrace.BeginRequest(from.TraceParent, from.TraceState, clock);
        try
        {
            var (segments, query) = RequestPath.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            (route, var values) = table.Find(context.Request.Method, segments);
            reply = await AnswerAsync(context, route, values, query);
        }
        catch (Exception e) when (KbsProblemException.From(e) is { } problem)
        {
            if (problem.InnerException is StoreException)
                LogStore(log, problem.InnerException);
            reply = KbsReply.Of(problem);
        }
        catch (BadHttpRequestException e)
        {
            reply = KbsReply.Of(new KbsProblemException(e.StatusCode, ErrorTypes.SerdeError, "the request is not HTTP that can be read"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // The boundary: whatever went wrong, the peer gets the body of the protocol and nothing of the inside.
        catch (Exception e)
        {
            LogUnexpected(log, e);
            reply = KbsReply.Of(new KbsProblemException(500, ErrorTypes.InternalError, "the server failed; its log says how"));
        }
#pragma warning restore CA1031

        var (method, template) = (route?.Method ?? "other", route?.Template ?? "none");
        metrics.Request(method, template, reply.Status, clock.GetElapsedTime(since));
        BrokerTrace.EndRequest(span, method, template, reply.Status);
        await WriteAsync(context, reply);
    }

    private ValueTask<KbsReply> AnswerAsync(HttpContext context, Route route, IReadOnlyDictionary<string, string> values, string query)
    {
        // Whoever watches the health of the server asks for that alone.
        if (route.Template is not (HealthRoutes.Alive or HealthRoutes.Ready))
            limit.Require(context.Connection.RemoteIpAddress);

        var call = new KbsCall
        {
            Values = values,
            Query = RequestPath.ParseQuery(query),
            SessionCookie = Cookie(context.Request),
            Bearer = Bearer(context.Request),
            Origin = $"{context.Request.Scheme}://{context.Request.Host}",
            From = From(context.Connection),
        };
        return trail.ServeAsync(route, call, () => ReadBodyAsync(context), context.RequestAborted);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength == 0 || !context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody)
            return ReadOnlyMemory<byte>.Empty;

        // Counted here and not by the web server, which would close the connection before its peer could read why.
        if (context.Request.ContentLength > KbsProtocol.MaxMessageBytes)
            throw TooLarge();

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > KbsProtocol.MaxMessageBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge();
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static KbsProblemException TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, ErrorTypes.PayloadTooLarge, $"the body is larger than {KbsProtocol.MaxMessageBytes} bytes");

    /// <summary>The address, and the subject of the certificate that the caller's connection was made with.</summary>
    private static string From(ConnectionInfo connection)
    {
        var address = connection.RemoteIpAddress?.ToString() ?? "";
        if (connection.ClientCertificate is not { } certificate)
            return address;

        var subject = certificate.Subject;
        return $"{address} {(subject.Length <= MaxSubject ? subject : subject[..MaxSubject])}";
    }

    private static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        return header is [{ } value] && value.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? value[BearerPrefix.Length..].Trim() : null;
    }

    private static string? Cookie(HttpRequest request)
    {
        foreach (var header in request.Headers.Cookie)
        {
            foreach (var pair in (header ?? "").Split(';', StringSplitOptions.TrimEntries))
            {
                if (pair.StartsWith(CookiePrefix, StringComparison.Ordinal))
                    return pair[CookiePrefix.Length..];
            }
        }

        return null;
    }

    private async Task WriteAsync(HttpContext context, KbsReply reply)
    {
        if (context.Response.HasStarted)
            return;

        var response = context.Response;
        response.StatusCode = reply.Status;
        response.ContentLength = reply.Body.Length;
        if (reply.ContentType is not null)
            response.ContentType = reply.ContentType;

        // Secrets and tokens must not stay in a proxy.
        response.Headers.CacheControl = "no-store";

        // Clients go to another server by themselves before this one closes its connections.
        if (health.IsDraining)
            response.Headers.Connection = "close";
        if (reply.RetryAfter is { } pause)
            response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (reply.Cookie is { } cookie)
            response.Headers.SetCookie = CookieHeader(cookie, context.Request.IsHttps);
        if (reply.Body.Length > 0)
            await response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    private static string CookieHeader(SessionCookie cookie, bool secure) =>
        $"{CookiePrefix}{cookie.Value}; Expires={cookie.Expires.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)}; Path=/kbs/v0; "
        + $"HttpOnly; {(secure ? "Secure; " : "")}SameSite=Strict";

    [LoggerMessage(Level = LogLevel.Error, Message = "The store is not available")]
    private static partial void LogStore(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed in a way that was not foreseen")]
    private static partial void LogUnexpected(ILogger log, Exception e);
}
