namespace PhantomDb.Storage.Indexes;

/// <summary>The nodes: splitting and merging them, and copying those that a fork shares. Each step is whole in itself.</summary>
internal sealed partial class BTree<TKey, TProbe>
{
    private const int CountMergeBelow = BTreeNode.Capacity / 4;
    private const int CountMergedMax = BTreeNode.Capacity * 3 / 4;   // a merged node takes some inserts before it splits

    private BTreeNode<TKey> NewLeaf()
    {
        _leafCount++;
        return new BTreeNode<TKey>(_owner);
    }

    private BTreeInnerNode<TKey> NewInner(int height)
    {
        _innerCount++;
        return new BTreeInnerNode<TKey>(_owner, height);
    }

    private BTreeNode<TKey> OwnedRoot()
    {
        BTreeNode<TKey> root = _contents.Root;
        if (root.Owner == _owner)
            return root;
        BTreeNode<TKey> copy = Copy(root);
        ReplaceRoot(copy);
        return copy;
    }

    private BTreeNode<TKey> OwnedChild(BTreeInnerNode<TKey> inner, int index)
    {
        BTreeNode<TKey> child = inner.Child(index)!;
        if (child.Owner == _owner)
            return child;
        BTreeNode<TKey> copy = Copy(child);
        inner.BeginChange();
        inner.Children[index] = copy;
        child.Retire();
        inner.EndChange();
        return copy;
    }

    private BTreeNode<TKey> Copy(BTreeNode<TKey> node)
    {
        BTreeNode<TKey> copy;
        if (node is BTreeInnerNode<TKey> inner)
        {
            var innerCopy = new BTreeInnerNode<TKey>(_owner, inner.Height);
            inner.Children.CopyTo(innerCopy.Children);
            copy = innerCopy;
        }
        else
        {
            copy = new BTreeNode<TKey>(_owner);
        }
        copy.AppendEntries(node, 0);
        return copy;
    }

    private void ReplaceRoot(BTreeNode<TKey> root)
    {
        BTreeNode<TKey> old = _contents.Root;
        Volatile.Write(ref _contents, new Contents(root, _contents.Heap));
        old.Retire();
    }

    private BTreeInnerNode<TKey> GrowRoot(bool isRightEdge)
    {
        BTreeInnerNode<TKey> root = NewInner(_contents.Root is BTreeInnerNode<TKey> old ? old.Height + 1 : 1);
        root.Children[0] = _contents.Root;
        // The old root stays in use below the new one. Its split, which follows, sends its readers to the new root.
        Volatile.Write(ref _contents, new Contents(root, _contents.Heap));
        SplitChild(root, 0, isRightEdge);
        return root;
    }

    // At the right edge only the last entry moves, so that ascending keys leave full nodes behind.
    private void SplitChild(BTreeInnerNode<TKey> parent, int index, bool isRightEdge)
    {
        BTreeNode<TKey> left = parent.Child(index)!;
        int middle = isRightEdge ? BTreeNode.Capacity - 1 : BTreeNode.Capacity / 2;
        BTreeNode<TKey> right;
        TKey separator = left.Keys[middle];
        long separatorRowId = left.RowIds[middle];
        if (left is BTreeInnerNode<TKey> leftInner)
        {
            BTreeInnerNode<TKey> rightInner = NewInner(leftInner.Height);
            rightInner.AppendEntries(left, middle + 1);   // the middle separator moves up
            leftInner.Children[(middle + 1)..].CopyTo(rightInner.Children);
            right = rightInner;
        }
        else
        {
            right = NewLeaf();
            right.AppendEntries(left, middle);
            if (TProbe.FromKey(separator, _contents.Heap).CompareTo(left.Keys[middle - 1]) != 0)
                separatorRowId = -1;   // a lookup by key alone then goes straight to the right leaf
        }

        parent.BeginChange();
        left.BeginChange();
        left.Count = middle;
        if (left is BTreeInnerNode<TKey> inner)
            inner.Children[(middle + 1)..].Clear();
        parent.InsertChild(index, separator, separatorRowId, right);
        left.EndChange();
        parent.EndChange();
        _lastLeaf = null;
        _approached.Leaf = null;
    }

    // Along the way to where an entry was: all nodes are this tree's own.
    private void Shrink(BTreeNode<TKey> node, TProbe probe, long rowId)
    {
        if (node is not BTreeInnerNode<TKey> inner)
            return;
        int index = ChildIndex(inner, probe, rowId);
        BTreeNode<TKey> child = inner.Child(index)!;
        Shrink(child, probe, rowId);
        if (child.Count < CountMergeBelow)
            ShrinkChild(inner, index);
    }

    private void ShrinkChild(BTreeInnerNode<TKey> parent, int index)
    {
        if (parent.Count == 0)
            return;   // an only child; if it is empty, the parent itself is unlinked one level up
        if (IsEmpty(parent.Child(index)!))
            UnlinkChild(parent, index);
        else if (index > 0 && CanMerge(parent, index - 1))
            MergeChildren(parent, index - 1);
        else if (index < parent.Count && CanMerge(parent, index))
            MergeChildren(parent, index);
    }

    private static bool IsEmpty(BTreeNode<TKey> node) =>
        node.Count == 0 && (node is not BTreeInnerNode<TKey> inner || IsEmpty(inner.Child(0)!));

    private static bool CanMerge(BTreeInnerNode<TKey> parent, int left) =>
        parent.Child(left)!.Count + parent.Child(left + 1)!.Count < CountMergedMax;

    private void UnlinkChild(BTreeInnerNode<TKey> parent, int index)
    {
        BTreeNode<TKey> child = parent.Child(index)!;
        parent.BeginChange();
        parent.RemoveChild(index);
        Forget(child);
        parent.EndChange();
    }

    private void MergeChildren(BTreeInnerNode<TKey> parent, int index)
    {
        BTreeNode<TKey> left = OwnedChild(parent, index);
        BTreeNode<TKey> right = parent.Child(index + 1)!;
        parent.BeginChange();
        left.BeginChange();
        if (left is BTreeInnerNode<TKey> leftInner)
        {
            leftInner.InsertEntry(left.Count, parent.Keys[index], parent.RowIds[index]);
            ((BTreeInnerNode<TKey>)right).Children[..(right.Count + 1)].CopyTo(leftInner.Children[left.Count..]);
        }
        left.AppendEntries(right, 0);
        parent.RemoveChild(index + 1);
        Forget(right, withOnlyChild: false);
        left.EndChange();
        parent.EndChange();
    }

    // The node has just become unreachable; an empty inner node takes its only child along.
    private void Forget(BTreeNode<TKey> node, bool withOnlyChild = true)
    {
        node.Retire();
        _lastLeaf = null;
        _approached.Leaf = null;
        if (node is not BTreeInnerNode<TKey> inner)
        {
            _leafCount--;
            return;
        }
        _innerCount--;
        if (withOnlyChild)
            Forget(inner.Child(0)!);
    }

    private void LowerRoot()
    {
        while (_contents.Root is BTreeInnerNode<TKey> { Count: 0 } root)
        {
            ReplaceRoot(root.Child(0)!);
            _innerCount--;
        }
    }
}
