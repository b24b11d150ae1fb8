"""The CMS: content types, entries, media and redirects.

Other modules refer to ``cms.entries`` and ``cms.assets`` and may call what is named here.
"""
