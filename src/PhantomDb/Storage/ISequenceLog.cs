using PhantomDb.Catalog;

namespace PhantomDb.Storage;

/// <summary>Where sequences write down how far their values have been, or may have been, given.</summary>
internal interface ISequenceLog
{
    /// <summary>Returns when that is as durable as promised; throws where it is not.</summary>
    /// <param name="definition">The sequence.</param>
    /// <param name="last">Its last value.</param>
    /// <param name="isCalled">False: that is the next to be given.</param>
    /// <param name="publish">Called before the record counts among what is visible: a file that has its number has its position, too.</param>
    /// <param name="throwIfCancelled">Asked while it waits for room, before anything is written; null: it waits as long as that takes.</param>
    void Write(SequenceDefinition definition, long last, bool isCalled, Action publish, Action? throwIfCancelled = null);
}
