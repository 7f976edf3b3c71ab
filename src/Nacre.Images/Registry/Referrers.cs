using System.Net;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Registry;

/// <summary>What refers to a manifest: signatures, attestations, SBOMs (OCI distribution-spec 1.1, "Listing Referrers").</summary>
internal static class Referrers
{
    private const int MostReferrers = 1000;
    private const int MostPages = 20;

    /// <summary>
    /// The descriptors of all manifests whose subject is <paramref name="subject"/>, by the referrers API, or for registries without it by
    /// the tag <c>sha256-HEX</c>. With <paramref name="artifactType"/> only those of that type, whether or not the registry filters.
    /// </summary>
    public static async ValueTask<IReadOnlyList<Descriptor>> FindAsync(
        RegistryConnection connection, Digest subject, string? artifactType, CancellationToken cancel)
    {
        var found = new List<Descriptor>();
        var filter = artifactType is null ? "" : $"?artifactType={Uri.EscapeDataString(artifactType)}";
        Uri? address = connection.Address($"referrers/{subject}{filter}");
        for (var page = 0; address is not null; page++)
        {
            if (page == MostPages)
                throw TooMany(connection.Where);

            var here = address;
            using var response = await connection.SendAsync(() => Request(here), cancel);
            if (page == 0 && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed)
            {
                await AddTaggedAsync(connection, subject, found, cancel);
                break;
            }

            Add(await ReadAsync(connection, response, cancel), found, connection.Where);
            address = Next(response, here);
        }

        return artifactType is null ? found : [.. found.Where(item => item.ArtifactType == artifactType)];
    }

    private static async ValueTask AddTaggedAsync(RegistryConnection connection, Digest subject, List<Descriptor> found, CancellationToken cancel)
    {
        var tag = $"{subject.Algorithm}-{subject.Hex}";
        using var response = await connection.SendAsync(() => Request(connection.Address($"manifests/{tag}")), cancel);
        if (response.StatusCode != HttpStatusCode.NotFound)
            Add(await ReadAsync(connection, response, cancel), found, connection.Where);
    }

    private static async ValueTask<JsonObject> ReadAsync(RegistryConnection connection, HttpResponseMessage response, CancellationToken cancel) =>
        OciJson.Parse(await connection.ReadBodyAsync(await connection.RequireAsync(response, "the list of referrers", cancel),
            StoredManifest.LargestManifest, cancel), connection.Where);

    private static void Add(JsonObject index, List<Descriptor> found, string where)
    {
        found.AddRange(OciJson.Objects(index, "manifests", MostReferrers, where).Select(item => Descriptor.Read(item, where)));
        if (found.Count > MostReferrers)
            throw TooMany(where);
    }

    // RFC 8288, as the distribution-spec uses it: <ADDRESS>; rel="next". Only within the registry.
    private static Uri? Next(HttpResponseMessage response, Uri here)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
            return null;

        var link = links.FirstOrDefault(link => link.Contains("rel=\"next\"", StringComparison.Ordinal)) ?? "";
        var (start, end) = (link.IndexOf('<'), link.IndexOf('>'));
        return start >= 0 && end > start && Uri.TryCreate(here, link[(start + 1)..end], out var next) && next.Authority == here.Authority && next.Scheme == here.Scheme
            ? next
            : null;
    }

    private static HttpRequestMessage Request(Uri address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.Add(new(MediaTypes.OciIndex));
        return request;
    }

    private static ImageException TooMany(string where) =>
        new(ImageFault.TooLarge, $"more than {MostReferrers} manifests refer to the image", where, "remove old signatures");
}
