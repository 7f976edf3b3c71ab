using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>What a stand-in for a secret manager was asked.</summary>
internal sealed record BackendRequest(string Method, string Path, WebHeaderCollection Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Answers a path with what <paramref name="answer"/> makes of the request, and keeps the request.</summary>
    public static ConcurrentQueue<BackendRequest> Serve(StandInService service, string path, Func<BackendRequest, (int Status, string Body)> answer)
    {
        var asked = new ConcurrentQueue<BackendRequest>();
        service.Answers[path] = async (context, cancel) =>
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body, cancel);
            var request = new BackendRequest(
                context.Request.HttpMethod, context.Request.Url!.PathAndQuery, (WebHeaderCollection)context.Request.Headers, body.ToArray());
            asked.Enqueue(request);
            var (status, text) = answer(request);
            context.Response.StatusCode = status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
        };
        return asked;
    }
}
