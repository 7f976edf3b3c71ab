using System.Text;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Plugins.Sample;

/// <summary>Answers administrators with a fixed text (trust.md 2.4): shows that plugins are reached.</summary>
public sealed class SamplePlugin : IPlugin
{
    private const string Answer = "sample plugin response";

    public SamplePlugin(PluginSettings settings)
    {
        settings.Fields.Only("name", "item");
        _ = settings.Fields.FindText("item");
        Routes = [new("GET", "kbs/v0/sample/{**path}", Access.View, (_, _) => ValueTask.FromResult(Reply()))];
    }

    public string Name => "sample";

    public IReadOnlyList<Route> Routes { get; }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static KbsReply Reply() => new() { ContentType = "text/plain", Body = Encoding.UTF8.GetBytes(Answer) };
}
