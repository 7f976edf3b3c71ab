using System.Globalization;
using System.Text;
using Nacre.Images.Copy;

namespace Nacre.Cli.Image;

/// <summary>
/// Shows what becomes of each blob, on standard error. On a terminal: one line for each that is under way, drawn again at most ten times a
/// second and each time in one write; what is done goes up and stays. Elsewhere: one line when a blob is done.
/// </summary>
internal sealed class TransferProgress : IProgress<ImageProgress>, IDisposable
{
    private const int BarWidth = 24;
    private const string ToEndOfLine = "\e[K";
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly TextWriter _output;
    private readonly bool _terminal;
    private readonly Func<int> _width;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly List<Transfer> _active = [];
    private readonly HashSet<string> _done = [];
    private readonly StringBuilder _finished = new();
    private int _drawn;
    private long _last;

    /// <param name="output">Where it is written.</param>
    /// <param name="terminal">It understands cursor movements.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="clock">Measures rates and pauses.</param>
    public TransferProgress(TextWriter output, bool terminal, Func<int> width, TimeProvider clock)
    {
        (_output, _terminal, _width, _clock) = (output, terminal, width, clock);
        _last = clock.GetTimestamp() - (long)(s_pause.TotalSeconds * clock.TimestampFrequency);
    }

    /// <summary>For this process; null when the result is for programs.</summary>
    public static TransferProgress? Create(bool json) =>
        json ? null : new(Console.Error, !Console.IsErrorRedirected, () => Console.WindowWidth, TimeProvider.System);

    public void Report(ImageProgress value)
    {
        lock (_gate)
        {
            var name = value.Blob.ToString();
            if (_done.Contains(name))
                return;

            var transfer = _active.Find(one => one.Name == name);
            if (transfer is null)
                _active.Add(transfer = new(name, value.Step, _clock.GetTimestamp()));
            transfer.Update(value);
            if (transfer.IsDone)
                Finish(transfer);
            else if (_terminal && _clock.GetElapsedTime(_last) >= s_pause)
                Draw();
        }
    }

    /// <summary>Leaves the terminal as what is written next expects it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_terminal && (_active.Count > 0 || _finished.Length > 0))
                Draw();
        }
    }

    private void Finish(Transfer transfer)
    {
        _active.Remove(transfer);
        _done.Add(transfer.Name);
        if (!_terminal)
        {
            _output.WriteLine($"nacre: {transfer.Short}  {Size(transfer.Total)}  {transfer.State}");
            return;
        }

        _finished.Append(Fit($"{transfer.Short}  {Size(transfer.Total),10}  {transfer.State}")).Append(ToEndOfLine).Append('\n');
        if (_active.Count == 0 || _clock.GetElapsedTime(_last) >= s_pause)
            Draw();
    }

    // Up to the first line that moves, over it, and nothing is left of longer ones.
    private void Draw()
    {
        var text = new StringBuilder();
        if (_drawn > 0)
            text.Append(CultureInfo.InvariantCulture, $"\e[{_drawn}A\r");
        text.Append(_finished);
        foreach (var transfer in _active)
            text.Append(Fit(Line(transfer))).Append(ToEndOfLine).Append('\n');
        text.Append("\e[J");
        _output.Write(text.ToString());
        _output.Flush();
        _drawn = _active.Count;
        _finished.Clear();
        _last = _clock.GetTimestamp();
    }

    private string Line(Transfer transfer)
    {
        var part = transfer.Total == 0 ? 1 : Math.Clamp((double)transfer.Done / transfer.Total, 0, 1);
        var filled = (int)(part * BarWidth);
        var bar = new string('=', filled) + new string(' ', BarWidth - filled);
        var rate = transfer.RateAt(_clock.GetTimestamp(), _clock.TimestampFrequency);
        return $"{transfer.Short}  [{bar}] {Size(transfer.Done),10} of {Size(transfer.Total),10}  {Size((long)rate),10}/s  {transfer.State}";
    }

    // A line that wraps would make the count of lines wrong. Pipes and some pseudo-terminals have no width.
    private string Fit(string line) => _width() is var width and > 1 && line.Length >= width ? line[..(width - 1)] : line;

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F2} GiB"),
    };

    /// <summary>One blob that is under way.</summary>
    private sealed class Transfer(string name, ImageStep first, long begun)
    {
        private const int ShownDigits = 12;
        private readonly bool _copies = first == ImageStep.Copying;
        private ImageStep _step;

        public string Name => name;

        public string Short { get; } = name[(name.IndexOf(':') + 1)..][..ShownDigits];

        public long Done { get; private set; }

        public long Total { get; private set; }

        // A copy is done when all was right; what is pulled is also unpacked.
        public bool IsDone => _step is ImageStep.Unpacked or ImageStep.Present || (_step == ImageStep.Verified && _copies);

        public string State => _step switch
        {
            ImageStep.Fetching => "fetching",
            ImageStep.Copying => "copying",
            ImageStep.Verified => _copies ? "copied" : "verified",
            ImageStep.Unpacked => "unpacked",
            _ => "present",
        };

        public void Update(ImageProgress value) => (_step, Done, Total) = (value.Step, value.Done, value.Total);

        public double RateAt(long now, long frequency) => now > begun ? Done * (double)frequency / (now - begun) : 0;
    }
}
