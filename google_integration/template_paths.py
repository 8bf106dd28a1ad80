# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The dotted paths that the expressions of a template read.

Pure functions on the nodes of `template.Template`.
"""
import ast

__all__ = ['add_paths', 'plain_path']


def plain_path(tree):
    "The dotted path that the expression is, None if it is more"
    match tree:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name, value=value):
            if path := plain_path(value):
                return f'{path}.{name}'


def add_paths(nodes, scope, paths):
    for node in nodes:
        match node:
            case 'show', _, tree:
                _tree_paths(tree, scope, paths)
            case 'if', _, tree, inner:
                _tree_paths(tree, scope, paths)
                add_paths(inner, scope, paths)
            case 'for', _, target, tree, inner:
                _tree_paths(tree, scope, paths)
                add_paths(inner, _bound(target, tree, scope), paths)


def _tree_paths(node, scope, paths):
    if path := _path(node, scope):
        paths.add(path)
        return
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        for generator in node.generators:
            _tree_paths(generator.iter, scope, paths)
            scope = _bound(generator.target, generator.iter, scope)
            for condition in generator.ifs:
                _tree_paths(condition, scope, paths)
        _tree_paths(node.elt, scope, paths)
        return
    for child in ast.iter_child_nodes(node):
        _tree_paths(child, scope, paths)


def _path(node, scope):
    match node:
        case ast.Name(id=name):
            return scope.get(name, name)
        case ast.Attribute(attr=name, value=value):
            if path := _path(value, scope):
                return f'{path}.{name}'
        case ast.Subscript(value=value, slice=ast.Constant()):
            return _path(value, scope)


def _bound(target, tree, scope):
    if isinstance(target, ast.Name) and (path := _path(tree, scope)):
        return {**scope, target.id: path}
    return scope
