using System.Security.Cryptography;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Every file and every case of every manifest: its verdict and its expected values.</summary>
[Trait("Group", "EvidenceVectors")]
public sealed class EvidenceVectorsTests
{
    private static readonly string? s_folder = VectorFolder.Find();
    private static readonly Lazy<IReadOnlyList<VectorManifest>> s_manifests = new(() => s_folder is null ? [] : VectorManifest.LoadAll(s_folder));
    private static readonly KnownIssues s_knownIssues = KnownIssues.Load();

    public static IEnumerable<TheoryDataRow<string, string>> Files() => Rows(manifest => manifest.Files, "file");

    public static IEnumerable<TheoryDataRow<string, string>> Cases() => Rows(manifest => manifest.Cases, "case");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task File_is_what_its_manifest_says(string tee, string id)
    {
        var file = Find(tee, id, manifest => manifest.Files);
        await CheckAsync(tee, id, subject =>
        {
            RequireContent(file);
            return subject.CheckFileAsync(file);
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Case_ends_as_its_manifest_says(string tee, string id) =>
        await CheckAsync(tee, id, subject => subject.CheckCaseAsync(Find(tee, id, manifest => manifest.Cases)));

    [Fact]
    public void Vectors_are_there()
    {
        if (s_folder is null && Environment.GetEnvironmentVariable("CI") is null)
            Assert.Skip("there are no vectors: set NACRE_SHARED to the folder that holds vectors/");

        Assert.NotEmpty(s_manifests.Value);
    }

    private static async Task CheckAsync(string tee, string id, Func<IVectorSubject, ValueTask> check)
    {
        var known = s_knownIssues.Find(tee, id);
        Exception? failure = null;
        try
        {
            var subject = VectorSubjects.All.FirstOrDefault(subject => subject.Tee == tee);
            Assert.True(subject is not null, $"nothing verifies {tee} yet");
            await check(subject);
        }
        catch (Exception error) when (known is not null)
        {
            failure = error;
        }

        Assert.True(known is null || failure is not null, $"{tee}/{id} passes although known-issues.json lists it: {known}");
    }

    private static void RequireContent(VectorEntry file)
    {
        if (file.Text("sha256") is not { } expected)
            return;

        var bytes = File.ReadAllBytes(Path.Combine(file.Manifest.Folder, file.Id));
        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static VectorEntry Find(string tee, string id, Func<VectorManifest, IReadOnlyList<VectorEntry>> entries) =>
        entries(s_manifests.Value.Single(manifest => manifest.Tee == tee)).Single(entry => entry.Id == id);

    private static IEnumerable<TheoryDataRow<string, string>> Rows(Func<VectorManifest, IReadOnlyList<VectorEntry>> entries, string kind) =>
        s_manifests.Value.SelectMany(manifest => entries(manifest).Select(entry =>
            new TheoryDataRow<string, string>(manifest.Tee, entry.Id) { TestDisplayName = $"{kind} {manifest.Tee}/{entry.Id}" }));
}
